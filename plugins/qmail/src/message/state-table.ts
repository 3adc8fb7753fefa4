// The state table of a message: for every combination of its files, what it means and what may be done about it.
import {REMOVAL_ORDER, type PartKind} from '../queue/order.js'
import {PRESENCE, stateBits, type Presence} from './presence.js'
import {OSSIFIED_SECONDS} from './retry-time.js'

/** Stable names of the table's rows; those of illegal states are the codes of `check`. */
export type StateCode =
  | 'gone'
  | 'injecting'
  | 'abandoned'
  | 'queued'
  | 'preprocessing'
  | 'finished'
  | 'bounce-due'
  | 'pending'
  | 'leftover-intd'
  | 'former-bounce'
  | 'orphan-under-new'
  | 'info-lost'
  | 'todo-without-mess'
  | 'intd-without-mess'
  | 'info-without-mess'
  | 'orphan-channel'
  | 'orphan-bounce'

/**
 * `none`: legal. `notice`: litter that hurts nobody. `error`: this message suffers. `danger`: another message will, the
 * next one that gets this number.
 */
export type Severity = 'none' | 'notice' | 'error' | 'danger'

/** One row of the table. */
export interface StateRow {
  readonly code: StateCode
  /** S1 to S5 of qmail's INTERNALS for a legal state, and for one that repair turns into it; undefined otherwise. */
  readonly internals: 'S1' | 'S2' | 'S3' | 'S4' | 'S5' | undefined
  readonly legal: boolean
  readonly severity: Severity
  readonly meaning: string
  /** What repair takes away, in this order; empty where nothing is to be done. Parts that do not exist are skipped. */
  readonly repair: readonly PartKind[]
  /** True when repair keeps what it takes away, because it may be somebody's mail. */
  readonly quarantine: boolean
  /** What a purge takes away, in this order; empty for a message that a purge must leave alone. */
  readonly purge: readonly PartKind[]
}

const row = (code: StateCode, rest: Omit<StateRow, 'code' | 'quarantine' | 'repair'> & Partial<StateRow>): StateRow =>
  Object.freeze({quarantine: false, repair: [], ...rest, code})

type Legal = Pick<StateRow, 'internals' | 'meaning' | 'purge'>

const legal = (code: StateCode, {internals, meaning, purge}: Legal): StateRow =>
  row(code, {internals, legal: true, severity: 'none', meaning, purge})

type WithoutMess = Pick<StateRow, 'severity' | 'meaning' | 'repair'>

/** Without mess/N there is no message, only what will befall the next one: repair and purge are the same. */
const withoutMess = (code: StateCode, {severity, meaning, repair}: WithoutMess): StateRow =>
  row(code, {internals: undefined, legal: false, severity, meaning, repair, purge: repair})

/** The rows by code. */
export const STATE_ROWS: Readonly<Record<StateCode, StateRow>> = Object.freeze({
  gone: legal('gone', {
    internals: 'S1',
    meaning: 'no such message',
    purge: [],
  }),
  injecting: legal('injecting', {
    internals: 'S2',
    meaning: 'being injected by qmail-queue, or left by one that gave up less than 36 hours ago',
    purge: [],
  }),
  // Never part of a purge: whoever has a reason to doubt the 36 hours has none to trust a clock.
  abandoned: legal('abandoned', {
    internals: 'S2',
    meaning: 'left by an injection that was given up; qmail-send removes it',
    purge: [],
  }),
  queued: legal('queued', {
    internals: 'S4',
    meaning: 'accepted, waits for qmail-send to preprocess it',
    purge: REMOVAL_ORDER,
  }),
  preprocessing: legal('preprocessing', {
    internals: 'S4',
    meaning: 'accepted, being preprocessed or to be preprocessed afresh',
    purge: REMOVAL_ORDER,
  }),
  finished: legal('finished', {
    internals: 'S5',
    meaning: 'all recipients are done; qmail-send removes it',
    purge: REMOVAL_ORDER,
  }),
  'bounce-due': legal('bounce-due', {
    internals: 'S5',
    meaning: 'all recipients are done; qmail-send sends the bounce',
    purge: REMOVAL_ORDER,
  }),
  pending: legal('pending', {
    internals: 'S5',
    meaning: 'waits for delivery',
    purge: REMOVAL_ORDER,
  }),
  'leftover-intd': row('leftover-intd', {
    internals: 'S5',
    legal: false,
    severity: 'notice',
    meaning: 'intd file of a message that is preprocessed already',
    repair: ['intd'],
    purge: REMOVAL_ORDER,
  }),
  'former-bounce': row('former-bounce', {
    internals: 'S4',
    legal: false,
    severity: 'danger',
    meaning: 'bounce of a former message of this number: its text would be sent to the sender of this one',
    repair: ['bounce'],
    purge: REMOVAL_ORDER,
  }),
  // The mess file may belong to an injection going on that got the number of an orphan. Its mess and intd must stay;
  // what lies beside them is nobody's, or, if the info of a real message was lost, worth keeping.
  'orphan-under-new': row('orphan-under-new', {
    internals: 'S2',
    legal: false,
    severity: 'danger',
    meaning: 'channel or bounce file of a former message of this number beside one that may be being injected',
    repair: ['bounce', 'channels'],
    quarantine: true,
    purge: [],
  }),
  'info-lost': row('info-lost', {
    internals: undefined,
    legal: false,
    severity: 'error',
    meaning: 'info file lost: cannot be delivered, and will leave orphans when qmail-send removes its mess file',
    repair: ['bounce', 'channels', 'intd', 'mess'],
    quarantine: true,
    purge: ['bounce', 'channels', 'intd', 'mess'],
  }),
  'todo-without-mess': withoutMess('todo-without-mess', {
    severity: 'danger',
    meaning: 'todo file without a message: the next message of this number would go to its recipients',
    repair: ['todo', 'intd', 'bounce', 'channels', 'info'],
  }),
  'intd-without-mess': withoutMess('intd-without-mess', {
    severity: 'danger',
    meaning: 'intd file without a message: the next injection that gets this number fails (exit 65)',
    repair: ['intd', 'bounce', 'channels'],
  }),
  'info-without-mess': withoutMess('info-without-mess', {
    severity: 'error',
    meaning: 'message file lost: deferred until its lifetime ends, then a bounce that cannot be sent, for ever',
    repair: ['bounce', 'channels', 'info', 'intd'],
  }),
  'orphan-channel': withoutMess('orphan-channel', {
    severity: 'notice',
    meaning: 'channel file without a message; the next message of this number removes it where its build knows it',
    repair: ['channels'],
  }),
  'orphan-bounce': withoutMess('orphan-bounce', {
    severity: 'danger',
    meaning: 'bounce without a message: it would be sent to the sender of the next message of this number',
    repair: ['bounce', 'channels'],
  }),
})

const codeOf = (bits: number): StateCode => {
  const has = (part: number): boolean => (bits & part) !== 0
  const {mess, intd, todo, info, bounce} = PRESENCE
  const channel = 32
  if (!has(mess)) {
    if (has(todo)) return 'todo-without-mess'
    if (has(info)) return 'info-without-mess'
    if (has(intd)) return 'intd-without-mess'
    return has(bounce) ? 'orphan-bounce' : has(channel) ? 'orphan-channel' : 'gone'
  }
  if (has(todo)) {
    if (has(bounce)) return 'former-bounce'
    return has(info) || has(channel) ? 'preprocessing' : 'queued'
  }
  if (!has(info)) return has(bounce) || has(channel) ? 'info-lost' : 'abandoned'
  if (has(intd)) return 'leftover-intd'
  return has(channel) ? 'pending' : has(bounce) ? 'bounce-due' : 'finished'
}

const BY_BITS: readonly StateRow[] = Array.from({length: 64}, (_, bits) => STATE_ROWS[codeOf(bits)])

/**
 * Returns the row of the table for a message.
 * @param messAgeSeconds now minus the atime of mess/N; only states that may be an injection depend on it, and without
 * it they count as one that is going on
 */
export const stateRow = (presence: Presence, messAgeSeconds?: number): StateRow => {
  const found = BY_BITS[stateBits(presence)]!
  if (messAgeSeconds !== undefined && messAgeSeconds > OSSIFIED_SECONDS) return found
  if (found.code === 'abandoned') return STATE_ROWS.injecting
  return found.code === 'info-lost' ? STATE_ROWS['orphan-under-new'] : found
}
