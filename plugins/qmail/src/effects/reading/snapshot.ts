// What a command that changes the queue holds of the messages it chose: typed arrays, forty bytes a message.
import type {Presence} from '../../message/presence.js'
import type {MessageNumber} from '../../queue/number.js'
import type {Match} from '../../selection/message-view.js'
import type {Identity} from './identity.js'
import type {MessageReader, ReadRecipient} from './message-reader.js'

/** One chosen message; made anew by each call of `Snapshot.at`, so that a million of them are never there at once. */
export interface ChosenMessage extends Identity {
  /** Files it had when it was chosen. Others may have come: a bounce, or channels and info after preprocessing. */
  readonly presence: Presence
  /** True when it had no mess/N: there is no identity, only remains to clear away under the lock. */
  readonly headless: boolean
  /** Modification time of info/N in milliseconds, NaN where it was not read (no info/N, or not asked for). */
  readonly infoMtimeMs: number
  /** Other pending recipients than those selected, who would lose the message too; 0 for a whole message. */
  readonly otherPending: number
}

/** A selected recipient: where its record is. Channel files are only marked in place, so an offset stays right. */
export interface ChosenRecipient {
  /** Index in `layout.channels`, -1 for one that is still in todo/N. */
  readonly channelIndex: number
  /** Byte offset of its T; -1 in todo. Check that a T is there before writing a D. */
  readonly offset: number
}

const grown = <A extends Float64Array | Int32Array>(array: A, length: number): A => {
  const larger = new (array.constructor as new (length: number) => A)(Math.max(1024, length * 2))
  larger.set(array)
  return larger
}

/** The chosen messages, ascending by number. Filled once by selectMessages, then only read. */
export class Snapshot {
  #length = 0
  #numbers = new Float64Array(0)
  #presence = new Int32Array(0)
  #birthMs = new Float64Array(0)
  #sizes = new Float64Array(0)
  #infoMtimeMs = new Float64Array(0)
  #other = new Int32Array(0)
  /** Where a message's recipients begin in #recipients; one more entry than messages. Empty unless by recipient. */
  #starts = new Float64Array(0)
  #recipients = new Int32Array(0)
  #recipientCount = 0
  /** By index, what few messages have: numbers beyond 2^53, inodes that are not the number, fingerprints. */
  readonly #odd = new Map<number, {number?: bigint; inode?: MessageNumber; fingerprint?: number}>()

  /** How many messages. */
  get length(): number {
    return this.#length
  }

  /** The number of one message. */
  numberAt(index: number): MessageNumber {
    return this.#odd.get(index)?.number ?? this.#numbers[index]!
  }

  /** The files of one message, PRESENCE bits. */
  presenceAt(index: number): Presence {
    return this.#presence[index]!
  }

  /** Bytes of mess/N, 0 without it. */
  sizeAt(index: number): number {
    return this.#sizes[index]!
  }

  /** How many other recipients would lose the message. */
  otherPendingAt(index: number): number {
    return this.#other[index]!
  }

  /** All about one message. */
  at(index: number): ChosenMessage {
    const odd = this.#odd.get(index)
    const number = odd?.number ?? this.#numbers[index]!
    const size = this.#sizes[index]!
    return {
      number,
      inode: odd?.inode ?? number,
      birthMs: this.#birthMs[index]!,
      size: Math.max(0, size),
      fingerprint: odd?.fingerprint ?? 0,
      presence: this.#presence[index]!,
      headless: (this.#presence[index]! & 1) === 0,
      infoMtimeMs: this.#infoMtimeMs[index]!,
      otherPending: this.#other[index]!,
    }
  }

  /** The recipients one message was selected for; null when the selection is not by recipient: all of it. */
  recipientsAt(index: number): readonly ChosenRecipient[] | null {
    if (this.#starts.length === 0) return null
    const recipients: ChosenRecipient[] = []
    for (let i = this.#starts[index]!; i < this.#starts[index + 1]!; i++)
      recipients.push({channelIndex: this.#recipients[2 * i]!, offset: this.#recipients[2 * i + 1]!})
    return recipients
  }

  /** Adds a message; for selectMessages alone. */
  push(reader: Pick<MessageReader, 'number' | 'presence'>, identity: Identity | null, more: {
    infoMtimeMs: number
    match: Match<ReadRecipient>
  }): void {
    if (this.#length === this.#numbers.length) this.#grow()
    const index = this.#length++
    const {number} = reader
    this.#numbers[index] = Number(number)
    this.#presence[index] = reader.presence
    this.#birthMs[index] = identity?.birthMs ?? 0
    this.#sizes[index] = identity?.size ?? 0
    this.#infoMtimeMs[index] = more.infoMtimeMs
    this.#other[index] = more.match.otherPending
    if (typeof number === 'bigint' || (identity !== null && (identity.inode !== number || identity.fingerprint !== 0)))
      this.#odd.set(index, {
        ...(typeof number === 'bigint' && {number}),
        ...(identity !== null && {inode: identity.inode, fingerprint: identity.fingerprint}),
      })
    if (more.match.recipients !== null) this.#pushRecipients(index, more.match.recipients)
  }

  #grow(): void {
    this.#numbers = grown(this.#numbers, this.#length)
    this.#presence = grown(this.#presence, this.#length)
    this.#birthMs = grown(this.#birthMs, this.#length)
    this.#sizes = grown(this.#sizes, this.#length)
    this.#infoMtimeMs = grown(this.#infoMtimeMs, this.#length)
    this.#other = grown(this.#other, this.#length)
  }

  #pushRecipients(index: number, recipients: readonly ReadRecipient[]): void {
    if (this.#starts.length < index + 2) this.#starts = grown(this.#starts, index + 2)
    this.#starts[index] = this.#recipientCount
    for (const {channelIndex, offset} of recipients) {
      if (2 * this.#recipientCount + 2 > this.#recipients.length)
        this.#recipients = grown(this.#recipients, this.#recipients.length)
      this.#recipients[2 * this.#recipientCount] = channelIndex
      this.#recipients[2 * this.#recipientCount + 1] = offset
      this.#recipientCount++
    }
    this.#starts[index + 1] = this.#recipientCount
  }
}
