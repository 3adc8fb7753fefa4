// What of a message exists on disk in each state that a queue can show: the legal ones, and every illegal one
// @ts-check

/**
 * A file of a message; `channels` is one file for each channel that has recipients, `pid` the scratch name in pid/.
 * @typedef {'pid' | 'mess' | 'intd' | 'todo' | 'info' | 'channels' | 'bounce'} Part
 */

/** The states that qmail itself passes through, qmail's INTERNALS section 2: S2 to S5. */
export const legalStates = /** @type {const} */ ({
  /** S2: qmail-queue is writing the message, or was interrupted. */
  injecting: ['mess'],
  /** S3: qmail-queue is writing the envelope, or was interrupted. */
  enveloping: ['mess', 'intd'],
  /** S4: accepted, waits for qmail-send. */
  todo: ['mess', 'intd', 'todo'],
  'todo-without-intd': ['mess', 'todo'],
  /** S4: preprocessing was interrupted between its last two unlinks. */
  preprocessed: ['mess', 'todo', 'info', 'channels'],
  /** S4: preprocessing was interrupted. */
  preprocessing: ['mess', 'intd', 'todo', 'info', 'channels'],
  /** S4: preprocessing was interrupted before the channel files. */
  'preprocessing-info': ['mess', 'intd', 'todo', 'info'],
  /** S4: preprocessing was interrupted; info of an earlier pass is gone. */
  'preprocessing-channels': ['mess', 'intd', 'todo', 'channels'],
  /** S5: recipients are left. */
  pending: ['mess', 'info', 'channels'],
  /** S5: recipients are left, and some have failed for good. */
  'pending-bounce': ['mess', 'info', 'channels', 'bounce'],
  /** S5: nobody is left; qmail-send ends it next. */
  finished: ['mess', 'info'],
  /** S5: nobody is left and a bounce is due. */
  bouncing: ['mess', 'info', 'bounce'],
})

/** The states that only a crash without a journal, a careless purge or a copied queue leave behind. */
export const illegalStates = /** @type {const} */ ({
  /** S5 with an envelope that was never removed. */
  'intd-left': ['mess', 'intd', 'info', 'channels'],
  'intd-left-bouncing': ['mess', 'intd', 'info', 'bounce'],
  /** S4 with the bounce of a former tenant of the number. */
  'todo-with-bounce': ['mess', 'intd', 'todo', 'bounce'],
  'preprocessing-with-bounce': ['mess', 'intd', 'todo', 'info', 'channels', 'bounce'],
  /** info lost: undeliverable, and orphans after 36 hours. */
  'info-lost': ['mess', 'channels'],
  'info-lost-bounce': ['mess', 'bounce'],
  'info-lost-intd': ['mess', 'intd', 'channels', 'bounce'],
  /** Poison: the next message of this number goes to these recipients. */
  'todo-without-mess': ['intd', 'todo'],
  'todo-only': ['todo'],
  'todo-without-mess-rest': ['intd', 'todo', 'info', 'channels', 'bounce'],
  /** Poison: the next injection under this number exits 65. */
  'intd-without-mess': ['intd'],
  'intd-without-mess-rest': ['intd', 'channels', 'bounce'],
  /** Deferred until the queue lifetime is over, then trouble for ever. */
  'info-without-mess': ['info'],
  'info-without-mess-rest': ['intd', 'info', 'channels', 'bounce'],
  /** Orphaned channel files. */
  'channels-only': ['channels'],
  /** Poison: the next message's sender gets this bounce. */
  'bounce-only': ['bounce'],
  'bounce-without-mess': ['channels', 'bounce'],
  /** qmail-queue died before, or between link and unlink. */
  'pid-only': ['pid'],
  'pid-linked': ['pid', 'mess'],
})

/** @typedef {keyof typeof legalStates | keyof typeof illegalStates} State */

/**
 * The files of a message in a state.
 * @param {State} state its name
 * @returns {readonly Part[]} what exists
 */
export const partsOf = (state) => ({...legalStates, ...illegalStates})[state]
