// Chooses the messages that a command will change: a snapshot of them, and what a person should see of them first.
import {PRESENCE} from '../../message/presence.js'
import {stateOf, type MessageState} from '../../message/state.js'
import type {CompiledSelection} from '../../selection/compile.js'
import type {Match} from '../../selection/message-view.js'
import {Counter, type Counted} from '../../listing/counter.js'
import {identityOf, type Identity} from './identity.js'
import {MessageReader, type ReadProblem, type ReadRecipient} from './message-reader.js'
import type {OpenQueue} from './open-queue.js'
import type {Scan} from './scan.js'
import {Snapshot} from './snapshot.js'
import {scanFor, visitMessages, type VisitOptions} from './visit.js'
import type {MessageNumber} from '../../queue/number.js'

/** A message as a preview shows it. */
export interface PreviewMessage {
  readonly number: MessageNumber
  /** By its files alone; `pending` may be `ending`. */
  readonly state: MessageState
  readonly sender: string | null
  /** Seconds since the epoch. */
  readonly queuedAt: number | null
  readonly size: number | null
  /** How many recipients would lose it; null where they were not read. */
  readonly otherPending: number
}

/** What is shown before a question and in a dry run. */
export interface Preview {
  readonly first: readonly PreviewMessage[]
  /** By number of messages; the null sender is ''. */
  readonly senders: readonly Counted[]
  /** False when there were too many senders to count them all exactly. */
  readonly exact: boolean
}

/** How to choose. */
export interface SelectOptions extends VisitOptions {
  /** A scan made already; needed when the caller wants its foreign entries or must not scan twice. */
  readonly scan?: Scan | undefined
  /** Collect a preview: reads info/N of every chosen message for its sender, which costs about a third more. */
  readonly preview?: boolean | undefined
  /** Read info's modification time of every chosen message (one stat more each). */
  readonly infoTimes?: boolean | undefined
}

/** What was chosen. */
export interface Selected {
  readonly snapshot: Snapshot
  /** Sum of the bytes of mess/N. */
  readonly bytes: number
  /** Messages that would be taken from other pending recipients as well. */
  readonly shared: number
  readonly preview: Preview | undefined
  /** Messages that went away while they were looked at. */
  readonly vanished: number
  /** Split directories and files that could not be read: what is in them was not chosen. The exit status must say so. */
  readonly unreadable: readonly (Error | ReadProblem)[]
  readonly interrupted: boolean
}

/** How many messages and senders a preview lists. */
export const PREVIEW_FIRST = 25
/** How many senders a preview lists. */
export const PREVIEW_SENDERS = 10

/**
 * Chooses all messages that match, ascending. Per message one stat(2) of mess/N, and what the selection needs. Where
 * qmail-send must be stopped, call it after the stop: a list made before names messages that are others by then.
 * @throws OpsError 77 or 74 when a whole part of the queue cannot be read
 */
export const selectMessages = async (
  queue: OpenQueue,
  selection: CompiledSelection,
  options: SelectOptions = {},
): Promise<Selected> => {
  const scan = options.scan ?? scanFor(queue, selection)
  const reader = new MessageReader(queue)
  const chosen = new Choice(options)
  const visited = await visitMessages(
    {queue, scan, selection, reader},
    {read: (message, match) => readChosen(message, match, options), take: read => chosen.take(reader, read)},
    options,
  )
  return {
    snapshot: chosen.snapshot,
    bytes: chosen.bytes,
    shared: chosen.shared,
    preview: options.preview ? chosen.preview() : undefined,
    vanished: visited.vanished,
    unreadable: [...scan.unreadable, ...reader.problems],
    interrupted: visited.interrupted,
  }
}

interface Read {
  readonly identity: Identity | null
  readonly match: Match<ReadRecipient>
  readonly infoMtimeMs: number
  readonly sender: string | null
}

const readChosen = (
  message: MessageReader,
  match: Match<ReadRecipient>,
  {preview, infoTimes}: SelectOptions,
): Read => {
  const sender = preview ? message.sender() : null
  return {
    identity: identityOf(message),
    match,
    infoMtimeMs: infoTimes || preview ? (message.infoMtimeMs() ?? Number.NaN) : Number.NaN,
    sender,
  }
}

class Choice {
  readonly snapshot = new Snapshot()
  bytes = 0
  shared = 0
  readonly #preview: boolean
  readonly #first: PreviewMessage[] = []
  readonly #senders = new Counter()

  constructor({preview}: SelectOptions) {
    this.#preview = preview === true
  }

  take(reader: MessageReader, {identity, match, infoMtimeMs, sender}: Read): void {
    const size = identity?.size ?? 0
    this.snapshot.push(reader, identity, {infoMtimeMs, match})
    this.bytes += size
    if (match.otherPending > 0) this.shared++
    if (!this.#preview) return
    if (sender !== null) this.#senders.add(sender, size)
    if (this.#first.length < PREVIEW_FIRST)
      this.#first.push({
        number: reader.number,
        state: stateOf(reader.presence),
        sender,
        queuedAt: reader.queuedAt(),
        size: (reader.presence & PRESENCE.mess) === 0 ? null : size,
        otherPending: match.otherPending,
      })
  }

  preview(): Preview {
    return {first: this.#first, senders: this.#senders.top(PREVIEW_SENDERS), exact: this.#senders.isExact}
  }
}
