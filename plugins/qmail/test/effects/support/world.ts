// A small queue with every state, a state directory of its own, and plans applied to it in this process
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'

import {
  applyPlan, findJournal, listJournals, recover, statePlace, undoPlan, type Applied, type BulkHandler, type StatePlace,
} from 'mailops/effects'
import type {BulkChange} from 'mailops/core'

import {addMessage, createQueue, legalStates, releaseNumbers, type Queue, type QueueOptions, type State} from '../../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../../test/support/temporary.js'

export interface World {
  readonly queue: Queue
  readonly place: StatePlace
  /** Number of the message of each state. */
  readonly numbers: ReadonlyMap<string, string>
}

/** An empty queue with a state directory beside it. */
export const emptyWorld = (options: QueueOptions = {}, base = temporaryDirectory('world')): World => {
  const queue = createQueue(join(base, 'queue'), {split: 3, ...options})
  mkdirSync(join(base, 'state'), {mode: 0o711})
  return {queue, place: statePlace({MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')}), numbers: new Map()}
}

/** One message of each of these states, with two recipients in two channels, one of the remote ones done. */
export const worldOf = (states: readonly State[] = Object.keys(legalStates) as State[], options: QueueOptions = {}): World => {
  const world = emptyWorld(options)
  const numbers = new Map<string, string>()
  for (const state of states)
    numbers.set(
      state,
      addMessage(world.queue, {
        state,
        sender: `${state}@client.example`,
        recipients: [
          {address: 'ann@local.example', channel: 'local'},
          {address: 'bob@remote.example'},
          {address: 'eve@remote.example', done: true},
          {address: 'dan@other.example'},
        ],
        body: `body of ${state}\n`,
      }),
    )
  releaseNumbers(world.queue)
  return {...world, numbers}
}

/** Applies one bulk change as a plan on the queue. */
export const applyChange = (
  {queue, place}: Pick<World, 'queue' | 'place'>,
  change: BulkChange,
  handler: BulkHandler,
): Promise<Applied> =>
  applyPlan({subject: 'qmail purge', resource: queue.dir, changes: [change]}, {handlers: [handler], place})

/** Takes back a change by its id. */
export const undoChange = async ({place}: Pick<World, 'place'>, id: string, handler: BulkHandler): Promise<Applied> => {
  const entry = findJournal(place, id)
  const plan = undoPlan(entry, {entries: listJournals(place).entries, handlers: [handler], place})
  return applyPlan(plan, {handlers: [handler], place, undoOf: entry.id})
}

/** Runs recovery. */
export const recoverAll = ({place}: Pick<World, 'place'>, handler: BulkHandler) => recover({handlers: [handler], place, talk: {}})
