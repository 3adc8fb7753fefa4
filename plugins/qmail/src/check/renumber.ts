// Gives messages the number that their mess file's inode has: in which order, by which renames, and which cannot.
import {relativePath, type QueueLayout} from '../queue/layout.js'
import {formatNumber, type MessageNumber} from '../queue/number.js'
import {finding, type Finding, type Step, type Verdict} from './finding.js'
import type {PartLook} from './look.js'
import type {Renumbering} from './message.js'

/** What is known of the numbers that no renumbering concerns. */
export interface Numbers {
  readonly layout: QueueLayout
  /** True when any file of that number exists. */
  readonly isTaken: (number: MessageNumber) => boolean
}

/** Where files wait, below the trash of the repair; the paths in a step are completed by whoever carries it out. */
export const ASIDE = '@aside'

/**
 * Takes all renumberings and yields a verdict for each, in an order in which every number is free when it is needed:
 * after a restore by tar each message may have the number of the next. A ring of them is broken by putting one aside.
 */
export function* renumberings(all: readonly Renumbering[], numbers: Numbers): Generator<Verdict> {
  const from = new Map(all.map(one => [one.from, one]))
  const verdicts = new Map<MessageNumber, 'goes' | 'stays'>()
  let unit = 0
  for (const start of all) {
    if (verdicts.has(start.from)) continue
    const {chain, end} = follow(start, {from, verdicts, numbers})
    for (const one of chain.toReversed()) verdicts.set(one.from, end === 'blocked' ? 'stays' : 'goes')
    if (end === 'blocked') yield* chain.map(one => blocked(one))
    else if (end === 'ring') yield ring(chain, numbers.layout, ++unit)
    else for (const one of chain.toReversed()) yield renumbered(one, numbers.layout, ++unit)
  }
}

interface Known {
  readonly from: ReadonlyMap<MessageNumber, Renumbering>
  readonly verdicts: ReadonlyMap<MessageNumber, 'goes' | 'stays'>
  readonly numbers: Numbers
}

type End = 'free' | 'blocked' | 'ring'

/** The messages of which each waits for the number of the next, and how that ends. */
const follow = (start: Renumbering, {from, verdicts, numbers}: Known): {chain: Renumbering[]; end: End} => {
  const chain: Renumbering[] = []
  const seen = new Set<MessageNumber>()
  for (let one = start; ; ) {
    if (one.parts.length === 0) return {chain: [...chain, one], end: 'blocked'}
    chain.push(one)
    seen.add(one.from)
    const next = from.get(one.to)
    if (next === undefined) return {chain, end: numbers.isTaken(one.to) ? 'blocked' : 'free'}
    if (next === start) return {chain, end: 'ring'}
    // Two names of one inode lead into a ring that does not close at the start: neither can have the number.
    if (seen.has(next.from)) return {chain, end: 'blocked'}
    const known = verdicts.get(next.from)
    if (known !== undefined) return {chain, end: known === 'goes' ? 'free' : 'blocked'}
    one = next
  }
}

const messOf = ({parts, from}: Renumbering): string => parts.find(({part}) => part === 'mess')?.path ?? `mess/${formatNumber(from)}`

const blocked = (one: Renumbering): Verdict => ({
  findings: [
    finding('number-differs', {
      path: messOf(one),
      id: formatNumber(one.from),
      whyNot:
        one.parts.length === 0
          ? 'nobody accepted it: qmail-send removes it 36 hours after it was last read'
          : `the number ${formatNumber(one.to)} is not free`,
    }),
  ],
  steps: [],
})

const found = ({from, to, ...rest}: Renumbering): Finding =>
  finding('number-differs', {
    path: messOf({from, to, ...rest}),
    id: formatNumber(from),
    text: `mess file whose inode number is ${formatNumber(to)}: the next injection that gets the number ${formatNumber(from)} fails`,
    repair: `rename the message to ${formatNumber(to)}`,
  })

const WITNESSES = new Set(['info', 'todo'])

const move = (look: PartLook, to: string, unit: number): Step => ({op: 'move', path: look.path, to, ino: look.file.ino, unit})

const asidePath = ({part}: PartLook, from: MessageNumber): string => `${ASIDE}/${part}-${formatNumber(from)}`

/**
 * info before todo, then neither: without both, qmail-send does not see the message, so that no prefix of the rest can be
 * delivered, in part or in whole. mess is last: its old name keeps the old number from being given to somebody.
 */
const leaving = ({parts, from}: Renumbering, unit: number): Step[] =>
  ['info', 'todo'].flatMap(name => parts.filter(({part}) => part === name).map(look => move(look, asidePath(look, from), unit)))

const others = ({parts}: Renumbering): PartLook[] => {
  const rest = parts.filter(({part}) => !WITNESSES.has(part))
  return [...rest.filter(({part}) => part !== 'mess'), ...rest.filter(({part}) => part === 'mess')]
}

/** todo before info: beside a todo, info is a remnant; without it, a message that would go to some of its recipients. */
const arriving = ({parts, from, to}: Renumbering, {layout, unit}: {layout: QueueLayout; unit: number}): Step[] =>
  ['todo', 'info'].flatMap(name =>
    parts
      .filter(({part}) => part === name)
      .map((look): Step => ({op: 'move', path: asidePath(look, from), to: relativePath(layout, name, to), ino: look.file.ino, unit})),
  )

const stepsOf = (one: Renumbering, layout: QueueLayout, unit: number): Step[] => [
  ...leaving(one, unit),
  ...others(one).map(look => move(look, relativePath(layout, look.part, one.to), unit)),
  ...arriving(one, {layout, unit}),
]

const renumbered = (one: Renumbering, layout: QueueLayout, unit: number): Verdict => ({
  findings: [found(one)],
  steps: stepsOf(one, layout, unit),
})

/** The first is put aside whole, the others go as a chain, then it comes back under its number: one unit. */
const ring = (chain: readonly Renumbering[], layout: QueueLayout, unit: number): Verdict => {
  const [first, ...rest] = chain
  if (first === undefined) return {findings: [], steps: []}
  const away = others(first).map(look => move(look, asidePath(look, first.from), unit))
  const back = others(first).map(
    (look): Step => ({
      op: 'move', path: asidePath(look, first.from), to: relativePath(layout, look.part, first.to), ino: look.file.ino, unit,
    }),
  )
  return {
    findings: chain.map(found),
    steps: [
      ...leaving(first, unit), ...away,
      ...rest.toReversed().flatMap(one => stepsOf(one, layout, unit)),
      ...back, ...arriving(first, {layout, unit}),
    ],
  }
}
