// What is in a queue, in figures: in all, by state, by age, and by whatever is asked.
import {MESSAGE_STATES} from '../message/state.js'
import type {MessageView} from '../selection/message-view.js'
import {asciiLower} from '../message/ascii-case.js'
import {AGE_BINS, AGE_HEADINGS, ageBin} from './age-bins.js'
import {Tally, type Group} from './tally.js'

/** What messages can be grouped by. */
export const GROUPINGS = ['sender', 'sender-domain', 'recipient', 'recipient-domain', 'age', 'state'] as const
/** A value of `--by`. */
export type Grouping = (typeof GROUPINGS)[number]

/** What was read of one message. */
export interface Counted {
  readonly keys: readonly string[]
  readonly size: number
  readonly ageSeconds: number | null
  readonly state: string
  readonly pending: number
}

/** The key of messages whose sender cannot be read. */
export const UNKNOWN = '?'

const domainOf = (address: string): string => {
  const at = address.lastIndexOf('@')
  return at === -1 ? address : asciiLower(address.slice(at + 1))
}

// A message is counted once under each of its keys. Senders: '' stays '', the null sender has no domain.
const keysOf = (message: MessageView, by: Grouping | undefined): readonly string[] => {
  if (by === 'sender' || by === 'sender-domain') {
    const sender = message.sender()
    return [sender === null ? UNKNOWN : by === 'sender' ? sender : domainOf(sender)]
  }
  if (by !== 'recipient' && by !== 'recipient-domain') return []
  const pending = (message.recipients() ?? []).filter(({done}) => !done)
  return [...new Set(pending.map(({address}) => (by === 'recipient' ? address : domainOf(address))))]
}

/** Reads of a message what Statistics counts; `now` in seconds since the epoch. */
export const countedOf = (message: MessageView, by: Grouping | undefined, now: number): Counted => {
  const keys = keysOf(message, by)
  const state = message.state()
  const pending = (message.recipients() ?? []).filter(({done}) => !done).length
  const queuedAt = message.queuedAt()
  return {
    keys,
    state,
    pending,
    size: message.size() ?? 0,
    ageSeconds: queuedAt === null ? null : Math.max(0, Math.floor(now - queuedAt)),
  }
}

/** The sums. */
export class Statistics {
  messages = 0
  bytes = 0
  /** Recipients still to be done; one of two messages counts twice. */
  pendingRecipients = 0
  oldestSeconds = 0
  readonly #states = new Tally()
  readonly #ages = new Tally()
  readonly #groups = new Tally()

  add({keys, size, ageSeconds, state, pending}: Counted): void {
    this.messages++
    this.bytes += size
    this.pendingRecipients += pending
    this.oldestSeconds = Math.max(this.oldestSeconds, ageSeconds ?? 0)
    this.#states.add(state, size, ageSeconds)
    this.#ages.add(AGE_HEADINGS[ageSeconds === null ? AGE_BINS - 1 : ageBin(ageSeconds)]!, size, ageSeconds)
    for (const key of keys) this.#groups.add(key, size, ageSeconds)
  }

  /** By state, in the order of a message's life. */
  states(): Group[] {
    return this.#states.ordered(MESSAGE_STATES)
  }

  /** By age, the young first; bins without a message left out. */
  ages(): Group[] {
    return this.#ages.ordered(AGE_HEADINGS)
  }

  /** What was asked for, the largest first, and how many groups there are in all. */
  groups(top: number): {groups: Group[]; total: number; others: {readonly messages: number; readonly bytes: number}} {
    return {groups: this.#groups.top(top), total: this.#groups.size, others: this.#groups.others}
  }
}
