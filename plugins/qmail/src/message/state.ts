// The state of a message as `list` and `--state` name it.
import {STATE_ROWS, stateRow, type StateCode, type StateRow} from './state-table.js'
import type {Presence} from './presence.js'

/** The states in the order of a message's life. */
export const MESSAGE_STATES = ['injecting', 'todo', 'pending', 'ending', 'bouncing', 'finished', 'broken'] as const

/**
 * - `injecting`: mess without todo and info (S2, S3), however old;
 * - `todo`: accepted, not yet preprocessed (S4);
 * - `pending`: preprocessed (S5), some recipient is to be done;
 * - `ending`: channel files exist, but all their recipients are done: at the next attempt qmail-send unlinks them,
 *   sends the bounce if there is one, and ends the message. What a live purge leaves, for a while;
 * - `bouncing`: no channel file left, the bounce is due;
 * - `finished`: no channel file and no bounce left, qmail-send is about to remove it;
 * - `broken`: a state that no run of qmail makes, or a record that qmail-send stumbles over at every attempt.
 */
export type MessageState = (typeof MESSAGE_STATES)[number]

const STATE_OF: Readonly<Partial<Record<StateCode, MessageState>>> = {
  injecting: 'injecting',
  queued: 'todo',
  preprocessing: 'todo',
  pending: 'pending',
  'bounce-due': 'bouncing',
  finished: 'finished',
}

/** What the files of a message say, where they were read. */
export interface MessageContents {
  /** Recipients to be done in all channel files. */
  readonly pending: number
  /** True when `isStuck` holds for the defects of info, todo or a channel file. */
  readonly stuck: boolean
}

/**
 * Returns the state of a message of which at least one file exists. Without contents a message with channel files
 * counts as pending.
 */
export const stateOf = (presence: Presence, contents?: MessageContents): MessageState => {
  const row = stateRow(presence)
  if (row === STATE_ROWS.gone) throw new RangeError('a message without files has no state')
  if (contents?.stuck) return row.code === 'injecting' ? 'injecting' : 'broken'
  if (row.code === 'pending' && contents?.pending === 0) return 'ending'
  return STATE_OF[row.code] ?? 'broken'
}

/** What a state means, in a few words, for messages whose files alone (`row`) do not tell. */
export const meaningOf = (state: MessageState, row: Pick<StateRow, 'legal' | 'meaning'>): string => {
  if (state === 'ending') return 'nothing is left to deliver: qmail-send ends it at its next retry'
  return state === 'broken' && row.legal ? 'qmail-send cannot read a record of it' : row.meaning
}

/** Returns all states that the files' presence leaves possible: most messages need not be read to be left out. */
export const possibleStates = (presence: Presence): readonly MessageState[] => POSSIBLE[stateOf(presence)]

const POSSIBLE: Readonly<Record<MessageState, readonly MessageState[]>> = {
  injecting: ['injecting'],
  todo: ['todo', 'broken'],
  pending: ['pending', 'ending', 'broken'],
  ending: ['ending', 'broken'],
  bouncing: ['bouncing', 'broken'],
  finished: ['finished', 'broken'],
  broken: ['broken'],
}
