// Judges what is not of a message: the queue's directories, lock/, scratch files, and names that do not belong there.
import type {LayoutProblem} from '../queue/recognise.js'
import type {QueueLayout} from '../queue/layout.js'
import {isOssified} from '../message/retry-time.js'
import {directoriesOfQueue, expectedDirectory, expectedLock, mended, modeFits, ownerFits, type Expectation} from './expectation.js'
import {finding, type Finding, type Owned, type Step, type Verdict} from './finding.js'
import type {FileLook} from './look.js'
import {modeFinding, ownerFinding, type JudgeContext} from './message.js'

/** What stands at a path. */
export interface PlaceLook extends FileLook {
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'other'
}

/** Gives what stands at a path below the queue: undefined when nothing does, null when we may not look. */
export type LookAt = (path: string) => PlaceLook | undefined | null

const ownedOf = ({mode, uid, gid}: Owned): Owned => ({mode, uid, gid})

const attributes = (path: string, place: PlaceLook, {expected, mayOwn}: {expected: Expectation; mayOwn: boolean}): Verdict => {
  const whole = mended(expected, place)
  const findings: Finding[] = []
  if (!ownerFits(place, expected)) findings.push(ownerFinding({path}, {file: place, whole, mayOwn}))
  if (!modeFits(place, expected)) findings.push(modeFinding({path}, place.mode, whole.mode))
  if (findings.length === 0) return {findings, steps: []}
  const after = mayOwn ? whole : {...whole, uid: place.uid, gid: place.gid}
  const changes = mayOwn || !modeFits(place, expected)
  return {findings, steps: changes ? [{op: 'attributes', path, ino: place.ino, before: ownedOf(place), after}] : []}
}

/** Yields a verdict on each directory that the layout asks for: missing, no directory, owner, mode. */
export function* judgeDirectories(context: JudgeContext, lookAt: LookAt): Generator<Verdict> {
  const {layout, owners, mayOwn} = context
  for (const path of directoriesOfQueue(layout)) {
    const place = lookAt(path)
    const expected = expectedDirectory(path, owners)
    if (place === null) continue
    if (place === undefined) yield missingDirectory(path, {expected, mayOwn})
    else if (place.type !== 'directory') yield only(finding('not-a-directory', {path}))
    else yield attributes(path, place, {expected, mayOwn})
  }
}

const only = (one: Finding): Verdict => ({findings: [one], steps: []})

const NO_OWNER = 'only root can give it its owner'

const missingDirectory = (path: string, {expected, mayOwn}: {expected: Expectation; mayOwn: boolean}): Verdict => {
  const code = path.includes('/') ? 'split-gap' : 'missing-directory'
  const text = code === 'split-gap' ? `${path}/ of the split is missing: messages of these numbers fail` : `${path}/ is missing: qmail-send waits for it with an alert`
  const after: Owned = {mode: expected.mode, uid: expected.uid ?? 0, gid: expected.gid ?? 0}
  return {
    findings: [finding(code, {path, text, ...(!mayOwn && {whyNot: NO_OWNER})})],
    steps: mayOwn ? [{op: 'mkdir', path, after}] : [],
  }
}

/** Yields verdicts on lock/: trigger, sendmutex and tcpto. */
export function* judgeLock({owners, mayOwn}: JudgeContext, lookAt: LookAt): Generator<Verdict> {
  // Without the directory its own finding says what there is to say.
  if (lookAt('lock')?.type !== 'directory') return
  const trigger = lookAt('lock/trigger')
  if (trigger !== null) yield judgeTrigger({expected: expectedLock('trigger', owners), mayOwn}, trigger)
  const mutex = lookAt('lock/sendmutex')
  const expected = expectedLock('sendmutex', owners)
  if (mutex === undefined)
    yield made('sendmutex-missing', {op: 'create', path: 'lock/sendmutex', after: newOwned(expected), size: 0}, mayOwn)
  else if (mutex?.type === 'file') yield attributes('lock/sendmutex', mutex, {expected, mayOwn})
  else if (mutex !== null) yield only(finding('sendmutex-not-file', {path: 'lock/sendmutex'}))
  const tcpto = lookAt('lock/tcpto')
  if (tcpto !== null) yield judgeTcpto({expected: expectedLock('tcpto', owners), mayOwn}, tcpto)
}

const newOwned = (expected: Expectation): Owned => ({mode: expected.mode, uid: expected.uid ?? 0, gid: expected.gid ?? 0})

const made = (code: 'trigger-missing' | 'sendmutex-missing', step: Step, mayOwn: boolean): Verdict => ({
  findings: [finding(code, {path: step.path, ...(!mayOwn && {whyNot: NO_OWNER})})],
  steps: mayOwn ? [step] : [],
})

interface LockInput {
  readonly expected: Expectation
  readonly mayOwn: boolean
}

const judgeTrigger = ({expected, mayOwn}: LockInput, trigger: PlaceLook | undefined): Verdict => {
  const path = 'lock/trigger'
  const fifo = {op: 'fifo' as const, path, after: newOwned(expected)}
  if (trigger === undefined) return made('trigger-missing', fifo, mayOwn)
  if (trigger.type === 'fifo') return attributes(path, trigger, {expected, mayOwn})
  const isPlain = trigger.type === 'file'
  const whyNot = isPlain ? NO_OWNER : 'it is neither a file nor a FIFO: take it away by hand'
  return {
    findings: [finding('trigger-not-fifo', {path, ...(!(isPlain && mayOwn) && {whyNot})})],
    steps: isPlain && mayOwn ? [{...fifo, replaces: trigger.ino}] : [],
  }
}

const TCPTO_SIZE = 1024

const judgeTcpto = ({expected, mayOwn}: LockInput, tcpto: PlaceLook | undefined): Verdict => {
  const path = 'lock/tcpto'
  // Its owner, qmailr, owns nothing else in the queue that would tell its number.
  if (tcpto === undefined)
    return only(finding('tcpto-missing', {path, whyNot: 'the number of its owner, qmailr, cannot be told from the queue'}))
  if (tcpto.type !== 'file') return only(finding('tcpto-size', {path, text: 'lock/tcpto is no plain file', whyNot: 'take it away by hand'}))
  if (tcpto.size === TCPTO_SIZE) return attributes(path, tcpto, {expected, mayOwn})
  const after = mended(expected, tcpto)
  return {
    findings: [finding('tcpto-size', {path, text: `lock/tcpto has ${tcpto.size} bytes instead of ${TCPTO_SIZE}`, ...(!mayOwn && {whyNot: NO_OWNER})})],
    steps: mayOwn ? [{op: 'create', path, after, size: TCPTO_SIZE, replaces: tcpto.ino}] : [],
  }
}

/** Takes a scratch file of pid/ and returns the verdict on it; qmail-send removes it too, within a day. */
export const judgeScratch = (path: string, place: PlaceLook, {now}: Pick<JudgeContext, 'now'>): Verdict => {
  if (place.type !== 'file') return only(finding('foreign-object', {path}))
  if (!isOssified(place.atime, now)) return {findings: [], steps: []}
  return {findings: [finding('pid-leftover', {path})], steps: [{op: 'trash', path, ino: place.ino}]}
}

/** Takes what recognition said of the directories and returns the verdicts that nothing else gives. */
export const judgeLayout = (problems: readonly LayoutProblem[]): Verdict[] =>
  problems.flatMap(({code, path, message}) => {
    if (code === 'split-differs') return [only(finding(code, {path, text: message}))]
    if (code === 'alien-directory' || code === 'unknown-channel')
      return [only(finding(code, {path, text: message, whyNot: 'it may be somebody’s: look at it, and move it out of the queue'}))]
    // Missing directories are looked for one by one, and so are files in wrong places and numbered directories.
    return []
  })

/**
 * Takes a name where only message files belong and returns the verdict on it.
 * @param isEmpty of a directory, whether it holds nothing
 */
export const judgeStranger = (
  path: string,
  place: Pick<PlaceLook, 'type' | 'ino'>,
  {layout, isEmpty}: {layout: QueueLayout; isEmpty: boolean},
): Verdict => {
  const [part = '', name = ''] = path.split('/')
  const isNumberedDirectory = place.type === 'directory' && /^\d+$/.test(name) && path.split('/').length === 2
  const flat = part === 'bounce' || ((part === 'todo' || part === 'intd') && !layout.bigTodo)
  if (isNumberedDirectory && flat) {
    return {
      findings: [finding('todo-split-differs', {path, ...(!isEmpty && {whyNot: 'it is not empty'})})],
      steps: isEmpty ? [{op: 'trash', path, ino: place.ino}] : [],
    }
  }
  const beyond = part === 'todo' || part === 'intd' ? 'todo-split-differs' : 'split-differs'
  if (isNumberedDirectory) return only(finding(beyond, {path, text: `${path}/ is beyond the split of ${layout.split}`}))
  const whyNot = 'it may be somebody’s: look at it, and move it out of the queue'
  return only(finding(place.type === 'file' ? 'foreign-name' : 'foreign-object', {path, whyNot}))
}
