// manifest.jsonl of a trash: a header line, then a line a message, written and synced before the first file moves.
import {parseNumber, type MessageNumber} from '../queue/number.js'
import type {Presence} from '../message/presence.js'
import type {QueueLayout} from '../queue/layout.js'

/** How the messages of a trash left the queue. */
export type PurgeMethod = 'offline' | 'live' | 'swap' | 'repair'

const METHODS: readonly string[] = ['offline', 'live', 'swap', 'repair'] satisfies readonly PurgeMethod[]

/** First line: whose trash it is. */
export interface TrashHeader {
  /** Journal id of the purge, and name of the directory. */
  readonly id: string
  /** What the plan's arguments name: a plan is made before it has a journal id. */
  readonly token: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly method: PurgeMethod
  /** The queue directory: resolved path, and the device and inode (decimal) that tell it from a later one at this path. */
  readonly queue: string
  readonly queueDev: string
  readonly queueIno: string
  readonly layout: QueueLayout
  /** What was planned; what is there now is counted by looking. */
  readonly messages: number
  readonly bytes: number
}

/** One message as it was when it was about to leave: enough to know it again, and its files. */
export interface TrashedMessage {
  readonly number: MessageNumber
  /** Its files, as bits (message/presence.ts) with the channels of the header's layout: the paths follow from these. */
  readonly presence: Presence
  /** Birth time of mess/N in milliseconds with fractions (MessStat); 0 where the file system has none, or without mess/N. */
  readonly birthMs: number
  /** Bytes of mess/N. */
  readonly size: number
  /** As Identity has it; absent or 0 where the birth time suffices. */
  readonly fingerprint?: number | undefined
  /** mtime of info/N in milliseconds, which is the birth of the message; absent without info/N, or where it was not read. */
  readonly queuedMs?: number | undefined
  /** Latin1; absent where it was not read. */
  readonly sender?: string | undefined
}

const VERSION = 1

/** Returns the header as a line, its newline included. */
export const headerLine = (header: TrashHeader): string => `${JSON.stringify({type: 'trash', version: VERSION, ...header})}\n`

/** Takes the first line of a manifest and returns the header, undefined for anything else. */
export const parseHeader = (line: string): TrashHeader | undefined => {
  const record = parseObject(line)
  if (record?.['type'] !== 'trash' || record['version'] !== VERSION) return undefined
  const {type: _, version: __, ...header} = record
  const {layout, id, token, method} = header as Partial<TrashHeader>
  const sound =
    typeof id === 'string' && typeof token === 'string' && METHODS.includes(method ?? '') &&
    Number.isSafeInteger(layout?.split) && Array.isArray(layout?.channels) && typeof layout.bigTodo === 'boolean'
  return sound ? (header as unknown as TrashHeader) : undefined
}

/** Returns a message as a line, its newline included; built by hand, since a million of them are. */
export const messageLine = ({number, presence, birthMs, size, fingerprint = 0, queuedMs, sender}: TrashedMessage): string =>
  `{"n":"${number}","has":${presence},"birth":${birthMs},"size":${size}` +
  (fingerprint === 0 ? '' : `,"print":${fingerprint}`) +
  (queuedMs === undefined ? '' : `,"queued":${queuedMs}`) +
  (sender === undefined ? '' : `,"sender":${JSON.stringify(sender)}`) +
  '}\n'

/** The most bytes that `messageLine` makes of a message without a sender. */
export const LINE_BYTES = 160

/** Takes a line of a manifest and returns the message, undefined for what a crash tore or somebody edited. */
export const parseMessageLine = (line: string): TrashedMessage | undefined => {
  const {n, has, birth, size, print, queued, sender} = parseObject(line) ?? {}
  const number = typeof n === 'string' ? parseNumber(n) : undefined
  if (number === undefined || !Number.isInteger(has) || !isNumber(birth) || !Number.isSafeInteger(size)) return undefined
  return {
    number,
    presence: has as number,
    birthMs: birth,
    size: size as number,
    ...(isNumber(print) && {fingerprint: print}),
    ...(isNumber(queued) && {queuedMs: queued}),
    ...(typeof sender === 'string' && {sender}),
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const parseObject = (line: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // SyntaxError: a line that a crash cut off, which counts as if it had never been written
  }
}
