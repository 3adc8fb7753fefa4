// Judges one message: its state, its places, numbers, owners, modes and records; and what repair would do, in order.
import {channelBit, PRESENCE, type Presence} from '../message/presence.js'
import {stateRow, type StateRow} from '../message/state-table.js'
import {relativePath, type PlainPart, type QueueLayout} from '../queue/layout.js'
import {formatNumber, parseNumber, type MessageNumber} from '../queue/number.js'
import {REMOVAL_ORDER, RESTORE_ORDER, type PartKind} from '../queue/order.js'
import type {FindingCode} from './codes.js'
import {expectedFile, mended, modeFits, ownerFits, type QueueOwners} from './expectation.js'
import {finding, type Finding, type Step, type Verdict} from './finding.js'
import {place, type MessageLook, type PartLook} from './look.js'

/** What judging a message depends on besides the message. */
export interface JudgeContext {
  readonly layout: QueueLayout
  readonly owners: QueueOwners
  /** Seconds since the epoch. */
  readonly now: number
  /** True when we may give files their owners: as root, or where everything belongs to us. */
  readonly mayOwn: boolean
}

/** A message whose files are to get another number; see renumber.ts. */
export interface Renumbering {
  readonly from: MessageNumber
  readonly to: MessageNumber
  /** Its files as they lie now. */
  readonly parts: readonly PartLook[]
}

/** The verdict on a message; the finding `number-differs` is left to whoever knows all numbers. */
export interface MessageVerdict extends Verdict {
  readonly renumbering?: Renumbering | undefined
}

/** Codes of records for which the message is taken away, since qmail-send can never read it. */
const UNREADABLE: ReadonlySet<FindingCode> = new Set(['info-unreadable', 'channel-unreadable', 'todo-unreadable'])

/** Takes a look at a message and returns what is wrong with it; no finding for a legal one. */
export const judgeMessage = (look: MessageLook, context: JudgeContext): MessageVerdict => {
  const {layout, now} = context
  const {parts, surplus} = place(layout, look)
  const mess = parts.get('mess')
  const age = mess === undefined ? undefined : now - mess.file.atime
  const row = stateRow(presenceOf(layout, parts), age)
  const id = formatNumber(look.number)
  const faults = row.legal ? contentFindings(parts, id) : []
  const taken = partsTaken({row, parts, faults, layout})
  const astray = [...parts.values()].filter(({part, path}) => path !== relativePath(layout, part, look.number))
  const unsure = surplus.length > 0 || astray.some(({part}) => isEnvelope(part))
  const stays = [...parts.values()].filter(part => !taken.includes(part))
  const attributes = stays.map(part => judgeAttributes(part, id, context))
  const findings = [
    ...stateFindings({row, parts, id, unsure}),
    ...faults.map(one => (unsure ? {...one, repair: null, whyNot: FIRST_PLACES} : one)),
    ...misplaced({layout, number: look.number}, {stays: stays.filter(part => astray.includes(part)), surplus, unsure}),
    ...envelopeFinding(parts, id),
    ...attributes.flatMap(({findings: some}) => some),
  ]
  const renumbering = unsure ? undefined : renumberingOf(look.number, {row, stays})
  const trash = unsure ? [] : taken.map(({path, file}): Step => ({op: 'trash', path, ino: file.ino}))
  const moves = unsure || renumbering !== undefined ? [] : movesOf(layout, look.number, stays)
  return {findings, steps: [...trash, ...attributes.flatMap(({steps}) => steps), ...moves], renumbering}
}

const FIRST_PLACES = 'files of this message lie in two places, or its envelope lies in a wrong one: put that right first'

/** True for the files of which a wrong place may only mean that the build is not what it looks like. */
const isEnvelope = (part: string): boolean => part === 'todo' || part === 'intd'

const bitOf = (layout: QueueLayout, part: string): Presence =>
  part in PRESENCE ? PRESENCE[part as PlainPart] : channelBit(layout.channels.indexOf(part))

const presenceOf = (layout: QueueLayout, parts: ReadonlyMap<string, PartLook>): Presence => {
  let presence = 0
  for (const part of parts.keys()) presence |= bitOf(layout, part)
  return presence
}

const inOrder = (order: readonly PartKind[], layout: QueueLayout): string[] =>
  order.flatMap(kind => (kind === 'channels' ? layout.channels : [kind]))

interface TakeInput {
  readonly row: StateRow
  readonly parts: ReadonlyMap<string, PartLook>
  readonly faults: readonly Finding[]
  readonly layout: QueueLayout
}

const partsTaken = ({row, parts, faults, layout}: TakeInput): PartLook[] => {
  const isUnreadable = faults.some(({code}) => UNREADABLE.has(code))
  const order = isUnreadable ? REMOVAL_ORDER : row.repair
  return inOrder(order, layout).flatMap(part => parts.get(part) ?? [])
}

interface StateInput {
  readonly row: StateRow
  readonly parts: ReadonlyMap<string, PartLook>
  readonly id: string
  readonly unsure: boolean
}

const stateFindings = ({row, parts, id, unsure}: StateInput): Finding[] => {
  if (row.legal) return []
  const kinds: readonly PartKind[] = row.repair
  const isKind = (part: string, kind: PartKind): boolean => (kind === 'channels' ? !(part in PRESENCE) : part === kind)
  const first = kinds.flatMap(kind => [...parts.values()].filter(({part}) => isKind(part, kind)))[0]
  const path = first?.path ?? [...parts.values()][0]!.path
  return [finding(row.code as FindingCode, {path, id, text: row.meaning, ...(unsure && {whyNot: FIRST_PLACES})})]
}

// Beside a todo file info and channels are remnants that preprocessing throws away, and a mess file without todo and
// info belongs to an injection that may be writing: none of these is read.
const contentFindings = (parts: ReadonlyMap<string, PartLook>, id: string): Finding[] => {
  const read = parts.has('todo') ? ['todo'] : [...parts.keys()].filter(part => part !== 'todo' && part !== 'intd')
  return read.flatMap(name => {
    const {path, fault} = parts.get(name)!
    return fault === undefined ? [] : [finding(fault.code, {path, id, text: `${textOf(fault.code)} (offset ${fault.offset})`})]
  })
}

const textOf = (code: FindingCode): string => finding(code, {path: ''}).text

const misplaced = (
  {layout, number}: {layout: QueueLayout; number: MessageNumber},
  {stays, surplus, unsure}: {stays: readonly PartLook[]; surplus: readonly PartLook[]; unsure: boolean},
): Finding[] => {
  const id = formatNumber(number)
  const alone = stays.map(({part, path}) => {
    const to = relativePath(layout, part, number)
    const whyNot = isEnvelope(part)
      ? `belongs at ${to}, if todo is what it looks like; moving it could hide mail from qmail-send`
      : FIRST_PLACES
    return finding('wrong-split', {path, id, repair: `move to ${to}`, ...(unsure && {whyNot})})
  })
  const doubled = surplus.map(({path}) =>
    finding('wrong-split', {path, id, whyNot: `there is more than one ${path.split('/', 1)[0]} file of this message`}),
  )
  return [...alone, ...doubled]
}

// link(intd/N, todo/N) in qmail-queue.c.
const envelopeFinding = (parts: ReadonlyMap<string, PartLook>, id: string): Finding[] => {
  const todo = parts.get('todo')
  const intd = parts.get('intd')
  if (todo === undefined || intd === undefined || todo.file.ino === intd.file.ino) return []
  return [finding('envelope-differs', {path: intd.path, id, whyNot: 'qmail-send reads todo only, and then removes both'})]
}

const judgeAttributes = ({part, path, file}: PartLook, id: string, {owners, mayOwn}: JudgeContext): Verdict => {
  const expected = expectedFile(part, owners)
  const wrongMode = !modeFits(file, expected)
  const wrongOwner = !ownerFits(file, expected)
  if (!wrongMode && !wrongOwner) return {findings: [], steps: []}
  const whole = mended(expected, file)
  const after = mayOwn ? whole : {...whole, uid: file.uid, gid: file.gid}
  const findings = [...(wrongOwner ? [ownerFinding({path, id}, {file, whole, mayOwn})] : []), ...(wrongMode ? [modeFinding({path, id}, file.mode, whole.mode)] : [])]
  const before = {mode: file.mode, uid: file.uid, gid: file.gid}
  const changes = wrongMode || mayOwn
  return {findings, steps: changes ? [{op: 'attributes', path, ino: file.ino, before, after}] : []}
}

/** Returns the finding about a mode; graver when the owner cannot use the file. */
export const modeFinding = (where: {path: string; id?: string | null}, is: number, should: number): Finding =>
  finding('wrong-mode', {
    ...where,
    severity: (is & should & 0o700) === (should & 0o700) ? 'notice' : 'error',
    text: `mode ${octal(is)} instead of ${octal(should)}`,
    repair: `set mode ${octal(should)}`,
  })

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

interface OwnerInput {
  readonly file: {readonly uid: number; readonly gid: number}
  readonly whole: {readonly uid: number; readonly gid: number}
  readonly mayOwn: boolean
}

/** Returns the finding about an owner; only root can change one. */
export const ownerFinding = (where: {path: string; id?: string | null}, {file, whole, mayOwn}: OwnerInput): Finding =>
  finding('wrong-owner', {
    ...where,
    text: `owned by ${file.uid}:${file.gid} instead of ${whole.uid}:${whole.gid}`,
    repair: `change the owner to ${whole.uid}:${whole.gid}`,
    ...(!mayOwn && {whyNot: 'only root can change owners'}),
  })

// In the order of restoring: a message that qmail-send might see before the last move is one that it cannot end.
const movesOf = (layout: QueueLayout, number: MessageNumber, stays: readonly PartLook[]): Step[] =>
  inOrder(RESTORE_ORDER, layout).flatMap(part => {
    const look = stays.find(candidate => candidate.part === part)
    const to = relativePath(layout, part, number)
    return look === undefined || look.path === to ? [] : [{op: 'move', path: look.path, to, ino: look.file.ino}]
  })

const renumberingOf = (
  number: MessageNumber,
  {row, stays}: {row: StateRow; stays: readonly PartLook[]},
): Renumbering | undefined => {
  const mess = stays.find(({part}) => part === 'mess')
  if (mess === undefined || mess.file.ino === formatNumber(number)) return undefined
  // A message that is being injected never differs: what does is a copy of what nobody accepted.
  if (row.internals !== 'S4' && row.internals !== 'S5') return {from: number, to: number, parts: []}
  return {from: number, to: parseNumber(mess.file.ino) ?? number, parts: stays}
}
