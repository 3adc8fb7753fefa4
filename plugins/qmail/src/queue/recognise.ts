// Recognises a queue's layout from its directory names, never from a version or a configuration file.
import type {QueueLayout} from './layout.js'

/** What one directory of queue/ holds, as far as recognition needs it. */
export interface DirectoryListing {
  /** Names of its sub-directories. */
  readonly directories: readonly string[]
  /** Number of plain files with a message number for a name that lie directly in it. */
  readonly files: number
  /** First bytes of some files of it or of its sub-directories; an empty file gives none. */
  readonly firstBytes: readonly number[]
}

/** Directories of queue/ by name; names that begin with a dot may be left out, since qmail ignores them. */
export type QueueListing = ReadonlyMap<string, DirectoryListing>

/** What can be wrong with the directories of a queue. */
export type LayoutProblemCode =
  | 'not-a-queue'
  | 'missing-directory'
  | 'split-gap'
  | 'split-differs'
  | 'todo-split-differs'
  | 'flat-files-in-split'
  | 'alien-directory'
  | 'unknown-channel'

/**
 * Something about the directories that no build of qmail makes.
 * `fatal`: not a queue. `error`: qmail or we would look in the wrong place; change nothing. `warning`: harmless so far.
 */
export interface LayoutProblem {
  readonly code: LayoutProblemCode
  readonly severity: 'fatal' | 'error' | 'warning'
  /** Relative to the queue. */
  readonly path: string
  readonly message: string
}

/** The layout as far as it could be told, undefined when there is a fatal problem. */
export interface Recognition {
  readonly layout: QueueLayout | undefined
  readonly problems: readonly LayoutProblem[]
}

const REQUIRED = ['mess', 'info', 'local', 'remote', 'todo', 'intd', 'bounce', 'lock', 'pid']
const NEVER_CHANNEL = new Set(['mess', 'info', 'todo', 'intd', 'bounce', 'lock', 'pid'])
// A copy somebody made (remote.old, local-bak) must not count as a channel: its files would make a healthy message
// look broken.
const CHANNEL_NAME = /^[a-z]+\d*$/
const KNOWN_CHANNEL = /^(local|remote|suppl\d+)$/
const T = 84
const D = 68

/** Takes the listing of a supposed queue and returns its layout and what is wrong with its directories. */
export const recogniseLayout = (listing: QueueListing): Recognition => {
  const problems = missingDirectories(listing)
  const counts = new Map<string, number>()
  for (const [name, {directories}] of listing) if (!name.startsWith('.')) counts.set(name, splitCount(directories))
  const split = agreedSplit(counts)
  if (split === 0 || problems.some(problem => problem.severity === 'fatal')) return notAQueue(problems)
  const {channels, unknown} = channelsIn(listing, counts)
  // Files directly in todo/ or intd/ are what qmail-queue of a flat build makes, whatever directories lie beside them.
  const bigTodo = ['todo', 'intd'].every(name => (counts.get(name) ?? 0) > 0 && listing.get(name)?.files === 0)
  const splitNames = ['mess', 'info', ...channels, ...(bigTodo ? ['todo', 'intd'] : [])]
  problems.push(...unknown, ...splitNames.flatMap(name => splitProblems(name, listing.get(name), split)))
  if (!bigTodo) problems.push(...['todo', 'intd'].flatMap(name => flatProblems(name, listing.get(name))))
  problems.push(...flatProblems('bounce', listing.get('bounce')))
  return {layout: {split, bigTodo, channels}, problems}
}

const missingDirectories = (listing: QueueListing): LayoutProblem[] =>
  REQUIRED.filter(name => !listing.has(name)).map(path => {
    const essential = path === 'mess' || path === 'info' || path === 'todo'
    return {
      code: 'missing-directory',
      severity: essential ? 'fatal' : 'error',
      path,
      message: `${path}/ is missing: qmail-send waits for it with an alert`,
    }
  })

const notAQueue = (problems: readonly LayoutProblem[]): Recognition => ({
  layout: undefined,
  problems: [
    {
      code: 'not-a-queue',
      severity: 'fatal',
      path: '.',
      message: 'not a qmail queue: no todo/, or no mess/ and info/ with sub-directories 0, 1, 2 ...',
    },
    ...problems,
  ],
})

const isSplitName = (name: string): boolean => /^(0|[1-9]\d{0,5})$/.test(name)

const splitCount = (directories: readonly string[]): number =>
  directories.reduce((count, name) => (isSplitName(name) ? Math.max(count, Number(name) + 1) : count), 0)

// Most directories decide, mess in doubt: one directory lost or made by hand must not move every message elsewhere.
const agreedSplit = (counts: ReadonlyMap<string, number>): number => {
  const votes = ['mess', 'info', 'local', 'remote'].map(name => counts.get(name) ?? 0).filter(count => count > 0)
  const share = (count: number): number => votes.filter(vote => vote === count).length
  return votes.reduce((best, count) => (share(count) > share(best) ? count : best), votes[0] ?? 0)
}

const rank = (name: string): number => (name === 'local' ? -2 : name === 'remote' ? -1 : Number(/\d*$/.exec(name)![0]))

const channelsIn = (
  listing: QueueListing,
  counts: ReadonlyMap<string, number>,
): {channels: string[]; unknown: LayoutProblem[]} => {
  const channels: string[] = []
  const unknown: LayoutProblem[] = []
  for (const [name, {firstBytes}] of listing) {
    if (name.startsWith('.') || NEVER_CHANNEL.has(name) || (counts.get(name) ?? 0) === 0) continue
    const hasRecords = firstBytes.length > 0 && firstBytes.every(byte => byte === T || byte === D)
    if (KNOWN_CHANNEL.test(name) || (hasRecords && CHANNEL_NAME.test(name))) channels.push(name)
    else if (hasRecords)
      unknown.push({
        code: 'unknown-channel',
        severity: 'warning',
        path: name,
        message: `${name}/ looks like a copy of a channel and is left alone; move it out of the queue`,
      })
  }
  channels.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return {channels, unknown}
}

const splitProblems = (path: string, listing: DirectoryListing | undefined, split: number): LayoutProblem[] => {
  if (listing === undefined) return []
  const problems = aliens(path, listing, name => isSplitName(name))
  const present = new Set(listing.directories)
  const missing = Array.from({length: split}, (_, i) => `${i}`).filter(name => !present.has(name))
  const beyond = listing.directories.filter(name => isSplitName(name) && Number(name) >= split)
  if (missing.length > 0)
    problems.push({
      code: 'split-gap',
      severity: 'error',
      path,
      message: `${path}/ lacks ${missing.join(', ')} of ${split}`,
    })
  if (beyond.length > 0)
    problems.push({
      code: path === 'todo' || path === 'intd' ? 'todo-split-differs' : 'split-differs',
      severity: 'error',
      path,
      message: `${path}/ has ${beyond.join(', ')}, beyond the split of ${split} of the other directories`,
    })
  if (listing.files > 0)
    problems.push({
      code: 'flat-files-in-split',
      severity: 'error',
      path,
      message: `${path}/ is split, but ${listing.files} message files lie directly in it, where qmail does not look`,
    })
  return problems
}

// qmail-send of a flat build takes todo/7 for message 7, whatever it is; a recipe found on the web makes these.
const flatProblems = (path: string, listing: DirectoryListing | undefined): LayoutProblem[] => {
  if (listing === undefined) return []
  const numbered = listing.directories.filter(isSplitName)
  const problems = aliens(path, listing, isSplitName)
  if (numbered.length > 0)
    problems.push({
      code: 'todo-split-differs',
      severity: 'error',
      path,
      message: `${path}/ has ${numbered.length} numbered sub-directories, which this build takes for messages`,
    })
  return problems
}

const aliens = (path: string, listing: DirectoryListing, expected: (name: string) => boolean): LayoutProblem[] =>
  listing.directories
    .filter(name => !name.startsWith('.') && !expected(name))
    .map(name => ({
      code: 'alien-directory',
      severity: 'warning',
      path: `${path}/${name}`,
      message: `${path}/${name} is no directory of a queue`,
    }))
