// Reads the directories of a queue: every message number with the files it has, and everything that is no message.
import {isOpsError, type OpsError} from 'mailops/core'

import {PRESENCE, channelBit, type Presence} from '../../message/presence.js'
import {directoriesOf, isSplit} from '../../queue/layout.js'
import {canonical, compareNumbers, parseNumber, splitOf, type MessageNumber} from '../../queue/number.js'
import {walkDirectory, type EntryType} from './directory.js'
import {isDoubtful, lookUp} from './look-up.js'
import {NumberList} from './number-list.js'
import type {OpenQueue} from './open-queue.js'

/**
 * Why something in a queue directory is no file of a message: its name is no number; it is a directory, a link or a
 * special file; or it lies in another split directory than its number's, where qmail does not look.
 */
export type ForeignKind = 'name' | 'directory' | 'symlink' | 'special' | 'wrong-split'

/** Something that is no file of a message. Never changed by a purge. */
export interface Foreign {
  /** Relative to the queue; the name is whatever somebody chose. */
  readonly path: string
  readonly kind: ForeignKind
}

/**
 * The messages of a queue at one moment, ascending by number: twelve bytes each. Of a number that only looks like an
 * injection or like damage all files were looked up once more, since qmail may have been at work between two directories.
 */
export interface Scan {
  readonly length: number
  readonly numberAt: (index: number) => MessageNumber
  readonly presenceAt: (index: number) => Presence
  /** Index of a number, -1 when it has no file. */
  readonly indexOf: (n: MessageNumber) => number
  /** At most FOREIGN_KEPT of them; `foreignCount` is how many there are. */
  readonly foreign: readonly Foreign[]
  readonly foreignCount: number
  /** Split directories that could not be read, as OpsErrors naming them; messages of their remainder are left out. */
  readonly unreadable: readonly OpsError[]
}

/** How many foreign entries a scan lists. */
export const FOREIGN_KEPT = 10_000

interface Findings {
  readonly queue: OpenQueue
  readonly foreign: Foreign[]
  foreignCount: number
  readonly unreadable: OpsError[]
  /** Remainders whose messages cannot be judged. */
  readonly closed: Set<number>
}

/**
 * Scans a queue. Todo is read first: a message preprocessed meanwhile is then still queued, or has all its files.
 * @throws OpsError 77 or 74 when a whole part of the queue (info/, say) cannot be read: no state could be told then
 */
export const scanQueue = (queue: OpenQueue): Scan => {
  const findings: Findings = {queue, foreign: [], foreignCount: 0, unreadable: [], closed: new Set()}
  const parts = (['todo', 'intd', 'mess', 'info'] as const).map(part => ({bit: PRESENCE[part] as Presence, part: part as string}))
  for (const [index, part] of queue.layout.channels.entries()) parts.push({bit: channelBit(index), part})
  parts.push({bit: PRESENCE.bounce, part: 'bounce'})
  const lists = parts.map(({part, bit}) => ({bit, list: numbersIn(findings, part)}))
  return settled(findings, merge(lists), beyondOf(lists))
}

const numbersIn = (findings: Findings, part: string): NumberList => {
  const {layout, path} = findings.queue
  const list = new NumberList()
  const failed: OpsError[] = []
  const directories = directoriesOf(layout, part)
  for (const [remainder, directory] of directories.entries()) {
    const expected = isSplit(layout, part) ? remainder : undefined
    const before = failed.length
    try {
      // A missing directory is a problem that openQueue reports; no message can have a file in it.
      walkDirectory(`${path}/${directory}`, (name, type) => {
        const kind = foreignKind(name, type, expected, layout.split)
        if (kind === undefined) list.add(parseNumber(name)!)
        else note(findings, {path: `${directory}/${name}`, kind})
      })
    } catch (error) {
      if (!isOpsError(error)) throw error
      failed.push(error) // the other directories can still be read
    }
    if (failed.length > before && expected !== undefined) findings.closed.add(remainder)
  }
  if (failed.length > 0 && failed.length === directories.length) throw failed[0]!
  findings.unreadable.push(...failed)
  return list
}

const foreignKind = (
  name: string,
  type: EntryType,
  remainder: number | undefined,
  split: number,
): ForeignKind | undefined => {
  const n = parseNumber(name)
  // Sub-directories 0, 1, 2 ... of a flat todo/ are no messages either, whatever qmail-send thinks.
  if (type !== 'file') return type === 'other' ? 'special' : type
  if (n === undefined) return 'name'
  return remainder !== undefined && splitOf(n, split) !== remainder ? 'wrong-split' : undefined
}

const note = (findings: Findings, foreign: Foreign): void => {
  findings.foreignCount++
  if (findings.foreign.length < FOREIGN_KEPT) findings.foreign.push(foreign)
}

interface Part {
  readonly bit: Presence
  readonly list: NumberList
}

interface Merged {
  readonly numbers: Float64Array
  readonly presence: Int32Array
}

const merge = (parts: readonly Part[]): Merged => {
  const sorted = parts.map(({bit, list}) => ({bit, numbers: list.sorted(), at: 0}))
  const numbers = new Float64Array(distinct(sorted))
  const presence = new Int32Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const least = nextLeast(sorted)
    numbers[i] = least
    for (const part of sorted)
      if (part.numbers[part.at] === least) {
        presence[i]! |= part.bit
        part.at++
      }
  }
  return {numbers, presence}
}

interface Cursor {
  readonly numbers: Float64Array
  at: number
}

const nextLeast = (cursors: readonly Cursor[]): number => {
  let least = Number.POSITIVE_INFINITY
  for (const {numbers, at} of cursors) if (at < numbers.length && numbers[at]! < least) least = numbers[at]!
  return least
}

// Counted in a first round, since the sum of the parts would be three times too much.
const distinct = (cursors: readonly Cursor[]): number => {
  let count = 0
  for (let least = nextLeast(cursors); least !== Number.POSITIVE_INFINITY; least = nextLeast(cursors)) {
    count++
    for (const cursor of cursors) if (cursor.numbers[cursor.at] === least) cursor.at++
  }
  for (const cursor of cursors) cursor.at = 0
  return count
}

const beyondOf = (parts: readonly Part[]): Map<bigint, Presence> => {
  const presence = new Map<bigint, Presence>()
  for (const {bit, list} of parts) for (const n of list.beyond) presence.set(n, (presence.get(n) ?? 0) | bit)
  return new Map([...presence].sort(([a], [b]) => compareNumbers(a, b)))
}

const settled = (findings: Findings, {numbers, presence}: Merged, beyond: Map<bigint, Presence>): Scan => {
  const {queue, closed} = findings
  const now = (n: MessageNumber, seen: Presence): Presence => {
    if (closed.has(splitOf(n, queue.layout.split))) return 0
    return isDoubtful(seen) ? lookUp(queue, n) : seen
  }
  let length = 0
  for (let i = 0; i < numbers.length; i++) {
    const current = now(numbers[i]!, presence[i]!)
    if (current === 0) continue
    numbers[length] = numbers[i]!
    presence[length++] = current
  }
  const big = [...beyond].map(([n, seen]) => [n, now(n, seen)] as const).filter(([, current]) => current !== 0)
  return scanOf({numbers: numbers.subarray(0, length), presence: presence.subarray(0, length)}, big, findings)
}

const scanOf = (
  {numbers, presence}: Merged,
  big: readonly (readonly [bigint, Presence])[],
  {foreign, foreignCount, unreadable}: Pick<Findings, 'foreign' | 'foreignCount' | 'unreadable'>,
): Scan => ({
  length: numbers.length + big.length,
  numberAt: index => numbers[index] ?? big[index - numbers.length]![0],
  presenceAt: index => presence[index] ?? big[index - numbers.length]![1],
  indexOf: n => {
    if (typeof n === 'number') return binarySearch(numbers, n)
    const index = big.findIndex(([number]) => number === n)
    return index === -1 ? -1 : numbers.length + index
  },
  foreign,
  foreignCount,
  unreadable,
})

const binarySearch = (numbers: Float64Array, n: number): number => {
  let low = 0
  let high = numbers.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! < n) low = middle + 1
    else if (numbers[middle]! > n) high = middle - 1
    else return middle
  }
  return -1
}

/** Returns a scan of some numbers only, each looked up by itself: for a few ids no directory need be read. */
export const scanNumbers = (queue: OpenQueue, numbers: Iterable<MessageNumber>): Scan => {
  const found = [...new Set([...numbers].map(canonical))]
    .sort(compareNumbers)
    .map(n => [n, lookUp(queue, n)] as const)
    .filter(([, presence]) => presence !== 0)
  const small = found.filter(([n]) => typeof n === 'number')
  const big = found.filter((pair): pair is readonly [bigint, Presence] => typeof pair[0] === 'bigint')
  const merged = {
    numbers: Float64Array.from(small, ([n]) => Number(n)),
    presence: Int32Array.from(small, ([, presence]) => presence),
  }
  return scanOf(merged, big, {foreign: [], foreignCount: 0, unreadable: []})
}
