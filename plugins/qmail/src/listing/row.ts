// One message of `list` as a JSON object: members are only ever added.
import type {MessageState} from '../message/state.js'
import {PRESENCE} from '../message/presence.js'
import {subjectOf} from '../message/subject.js'
import {formatNumber} from '../queue/number.js'
import type {MessageView} from '../selection/message-view.js'
import {isBounceSender} from '../selection/envelope-criteria.js'
import {isoTime} from './display.js'

/** A recipient of a row. */
export interface RowRecipient {
  /** A char a byte, the prefix of a virtual domain stripped. */
  readonly address: string
  /** null while the message is in todo: qmail-send has not chosen one yet. */
  readonly channel: string | null
  readonly done: boolean
}

/** A row of `mailops qmail list --json`. null: the message lacks the file that says so, or it could not be read. */
export interface ListRow {
  readonly id: string
  readonly state: MessageState
  /** Bytes 0x80 to 0xFF as U+0080 to U+00FF; '' is the null sender. */
  readonly sender: string | null
  readonly recipients: readonly RowRecipient[]
  /** ISO 8601, UTC: from when queuelifetime counts. */
  readonly queuedAt: string | null
  readonly ageSeconds: number | null
  readonly sizeBytes: number | null
  /** True for what `--bounces` chooses: the null sender, and `#@[]` of a double bounce. */
  readonly bounce: boolean
  /** True when bounce/N exists: some recipient has failed, and the sender will be told. */
  readonly failed: boolean
  /** Decoded; only where it was asked for. */
  readonly subject?: string | null
}

/** What a row needs besides the message. */
export interface RowOptions {
  /** Seconds since the epoch. */
  readonly now: number
  /** Opens mess/N. */
  readonly subject: boolean
}

/** Takes a message and returns its row. */
export const rowOf = (message: MessageView, {now, subject}: RowOptions): ListRow => {
  // In this order each file is read once: info with its time, then the channels, then mess.
  const sender = message.sender()
  const recipients = message.recipients() ?? []
  const queuedAt = message.queuedAt()
  const header = subject ? message.header() : null
  return {
    id: formatNumber(message.number),
    state: message.state(),
    sender,
    recipients: recipients.map(({address, channel, done}) => ({address, channel, done})),
    queuedAt: queuedAt === null ? null : isoTime(queuedAt),
    ageSeconds: queuedAt === null ? null : Math.floor(now - queuedAt),
    sizeBytes: message.size(),
    bounce: sender !== null && isBounceSender(sender),
    failed: (message.presence & PRESENCE.bounce) !== 0,
    ...(subject && {subject: header === null ? null : subjectOf(header)}),
  }
}
