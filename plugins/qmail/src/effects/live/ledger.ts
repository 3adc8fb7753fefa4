// marks.jsonl of a trash: which byte of which channel file a purge was about to write, on the disk before it does.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {parseNumber, type MessageNumber} from '../../queue/number.js'

const LEDGER = 'marks.jsonl'
const {O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = fs.constants
const PIECE = 1 << 18

/** Offsets of record types in the channel files of one message, by index in `layout.channels`. */
export type Marks = ReadonlyMap<number, readonly number[]>

/** One message of the ledger. */
export interface LedgerEntry {
  readonly number: MessageNumber
  readonly marks: Marks
  /** Of a message that was still in todo: envelope recipients that its new todo/N has no more. Latin1. */
  readonly gone?: readonly string[]
}

const objectOf = (marks: Marks): string => `{${[...marks].map(([channel, offsets]) => `"${channel}":[${offsets.join(',')}]`).join(',')}}`

/** Appends to the ledger of a trash. */
export class Ledger {
  readonly #fd: number
  readonly #path: string
  #text = ''

  constructor(trash: string) {
    this.#path = join(trash, LEDGER)
    try {
      this.#fd = fs.openSync(this.#path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
    } catch (error) {
      throw fromSystem(error, 'open', this.#path)
    }
  }

  /** A message whose bytes will be written. */
  intend({number, marks, gone}: LedgerEntry): void {
    this.#text += `{"n":"${number}","marks":${objectOf(marks)}${gone === undefined ? '' : `,"gone":${JSON.stringify(gone)}`}}\n`
  }

  /** Bytes intended, but written by qmail-send meanwhile: not ours to turn back. On the disk when it returns. */
  except({number, marks}: LedgerEntry): void {
    this.#text += `{"n":"${number}","not":${objectOf(marks)}}\n`
    this.sync()
  }

  /** After this all that was intended so far is on the disk; `end` closes a batch, so that readers need hold no more. */
  sync(end = false): void {
    if (end) this.#text += '{"end":true}\n'
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(this.#fd, bytes, at)
      if (!end) fs.fdatasyncSync(this.#fd)
    } catch (error) {
      throw fromSystem(error, 'write', this.#path)
    }
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}

const marksOf = (object: Record<string, number[]>): Map<number, number[]> =>
  new Map(Object.entries(object).map(([channel, offsets]) => [Number(channel), offsets]))

interface Line {
  readonly n?: string
  readonly marks?: Record<string, number[]>
  readonly not?: Record<string, number[]>
  readonly gone?: string[]
  readonly end?: true
}

const parse = (line: string): Line => {
  try {
    return JSON.parse(line) as Line
  } catch {
    return {} // a line that a crash cut off: what it announces was not done
  }
}

/** Messages whose intentions were synced together; not `ended`: a crash may have come before all their bytes were written. */
export interface LedgerBatch {
  readonly entries: readonly LedgerEntry[]
  readonly ended: boolean
}

/** Reads a ledger batch by batch, what qmail-send wrote itself left out. */
export function* ledgerBatches(trash: string): Generator<LedgerBatch> {
  let batch = new Map<string, LedgerEntry & {marks: Map<number, number[]>}>()
  for (const text of lines(join(trash, LEDGER))) {
    const {n, marks, not, gone, end} = parse(text)
    if (end === true) {
      yield {entries: [...batch.values()], ended: true}
      batch = new Map()
    }
    const number = n === undefined ? undefined : parseNumber(n)
    if (n === undefined || number === undefined) continue
    if (marks !== undefined) batch.set(n, {number, marks: marksOf(marks), ...(gone !== undefined && {gone})})
    for (const [channel, offsets] of marksOf(not ?? {})) {
      const ours = batch.get(n)?.marks
      ours?.set(channel, (ours.get(channel) ?? []).filter(offset => !offsets.includes(offset)))
    }
  }
  if (batch.size > 0) yield {entries: [...batch.values()], ended: false}
}

function* lines(path: string): Generator<string> {
  let fd: number
  try {
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return // cut off before the first mark
    throw fromSystem(error, 'read', path)
  }
  try {
    const piece = Buffer.allocUnsafe(PIECE)
    let rest = ''
    for (let size; (size = fs.readSync(fd, piece, 0, PIECE, null)) > 0; ) {
      const parts = (rest + piece.toString('latin1', 0, size)).split('\n')
      rest = parts.pop() ?? ''
      yield* parts
    }
  } finally {
    fs.closeSync(fd)
  }
}
