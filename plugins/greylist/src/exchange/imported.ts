// What an import reads, whatever program wrote it: entries, list entries, and what could not be taken over and why.
import {networkOf, parseAddress, parseCidr} from '../policy/address.js'
import {recipientKey, senderKey} from '../policy/sender.js'
import type {Rule} from '../policy/types.js'
import type {Entry} from '../store/store.js'

/** One thing that was read. */
export type Imported = {readonly entry: Entry} | {readonly rule: Rule} | {readonly skipped: string}

/** Reads a text line by line. */
export interface LineReader {
  /** Null: a line that holds no record; some hold several. */
  take(line: string): Imported | readonly Imported[] | null
  /** What is wrong with the whole: a text is a warning, a fault means that it is something else. */
  end?(): string | {readonly fault: string; readonly hint: string} | null
}

/** What the readers need to know of where the entries go to, and of the program that they come from. */
export interface ImportTarget {
  readonly now: number
  readonly window: number
  readonly keep: number
  readonly ipv4: number
  readonly ipv6: number
  readonly passNetwork: boolean
  /** The delay of the former program, milliseconds: what came back later has passed there. */
  readonly formerDelay: number
}

/** A record of the former program. Milliseconds since the epoch; `sender` absent: of the network alone. */
export interface Former {
  /** An address, or a range. */
  readonly client: string
  readonly sender?: string
  readonly recipient?: string
  readonly first: number
  readonly last: number
  readonly hasPassed: boolean
  readonly tries?: number
}

const skipped = (why: string): Imported => ({skipped: why})

/** The network here of an address or range there; null when it is no address, '' when it is wider than networks here. */
const networkHere = (client: string, sizes: {ipv4: number; ipv6: number}): string | null => {
  const address = parseAddress(client)
  if (address !== null) return networkOf(address, sizes)
  const cidr = parseCidr(client)
  if (cidr === null) return null
  return cidr.prefix < (cidr.address.family === 4 ? sizes.ipv4 : sizes.ipv6) ? '' : networkOf(cidr.address, sizes)
}

const isTime = (value: number): boolean => Number.isFinite(value) && value > 0 && value < 8.64e15

/** A former record as an entry here, or why it is none. What is over is not brought back to life. */
export const importedOf = (former: Former, target: ImportTarget): Imported => {
  const {now, window, keep} = target
  const network = former.client.startsWith('spf:') ? former.client : networkHere(former.client, target)
  if (network === null) return skipped('no address')
  if (network === '') return skipped('a range wider than the networks here')
  if (!isTime(former.first) || !isTime(former.last)) return skipped('no time')
  const first = Math.min(former.first, now)
  const last = Math.min(Math.max(former.last, first), now)
  if (former.hasPassed ? now - last > keep : now - first > window) return skipped('expired')
  const isTriplet = former.sender !== undefined && !(former.hasPassed && target.passNetwork)
  return {
    entry: {
      network,
      sender: isTriplet ? senderKey(former.sender ?? '') : '',
      recipient: isTriplet ? recipientKey(former.recipient ?? '') : '',
      first: Math.round(first),
      last: Math.round(last),
      passed: former.hasPassed ? Math.round(last) : 0,
      tries: former.tries ?? 1,
    },
  }
}

/** Two entries of one key as one: what has passed stays so, the earliest sight and the latest use count. */
export const merged = (a: Entry, b: Entry): Entry => {
  const passes = [a.passed, b.passed].filter(passed => passed > 0)
  return {
    ...a,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    passed: passes.length === 0 ? 0 : Math.min(...passes),
    tries: Math.max(a.tries, b.tries),
  }
}
