// What a selection asks about a message; the effects answer it, reading files only when asked.
import type {MessageState} from '../message/state.js'
import type {Presence} from '../message/presence.js'
import type {MessageNumber} from '../queue/number.js'
import type {BodySearch} from './body-search.js'

/** A recipient as selections see it; the reader's own type may say more. */
export interface Recipient {
  /** Latin1, a virtual domain's prefix stripped. */
  readonly address: string
  /** Directory of the channel; null while the message is not preprocessed and its channel not known. */
  readonly channel: string | null
  readonly done: boolean
}

/**
 * One message, read on demand; an implementation may be one object reused for all messages, and remembers what it read.
 * null: the message does not have it, or it cannot be read; then neither an option nor its negation matches.
 */
export interface MessageView<R extends Recipient = Recipient> {
  readonly number: MessageNumber
  readonly presence: Presence
  /** Exact state, for which channel files are read. */
  state: () => MessageState
  /** Latin1; '' is the null sender. From info/N, else todo/N. */
  sender: () => string | null
  /** Birth in seconds since the epoch: mtime of info/N, else of mess/N. */
  queuedAt: () => number | null
  /** Bytes of mess/N. */
  size: () => number | null
  /** All recipients, done or not, of every channel, or of todo/N while it exists. */
  recipients: () => readonly R[] | null
  /** The whole header of mess/N, latin1. */
  header: () => string | null
  /** Feeds mess/N from its first byte to a search that was reset, and returns what it found. */
  searchBody: (search: BodySearch) => boolean | null
}

/** Of a selected message, whom it is selected for. */
export interface Match<R extends Recipient = Recipient> {
  /** The pending recipients that matched; null when the selection is not about recipients: the whole message. */
  readonly recipients: readonly R[] | null
  /** How many other recipients are pending, who would lose the message too; 0 for a whole message. */
  readonly otherPending: number
}
