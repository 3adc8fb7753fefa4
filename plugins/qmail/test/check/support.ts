// Queues to check and repair: built, damaged, checked and repaired through the plan, as the command does it.
import {join} from 'node:path'

import {applyPlan, findJournal, listJournals, undoPlan, type Applied, type StatePlace} from 'mailops/effects'

import {createQueue, snapshotTree, type Queue, type QueueOptions, type Tree} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {Tallying, type Tally} from '../../src/check/tally.js'
import type {Finding} from '../../src/check/finding.js'
import {checkQueue} from '../../src/effects/check/check-queue.js'
import {repairHandler, repairPlan} from '../../src/effects/repair/index.js'
import {openQueue} from '../../src/effects/reading/index.js'

/** Owners of no real user: root may give files to any number. */
export const OWNERS = {qmailq: 990, qmails: 988, qmailr: 989, qmail: 992, caller: 4}
export const isRoot = process.getuid?.() === 0

export interface World {
  readonly queue: Queue
  readonly place: StatePlace
}

export const placeIn = (dir: string): StatePlace => ({
  state: join(dir, 'state'), journal: join(dir, 'state/journal'), backups: join(dir, 'state/backups'), run: join(dir, 'run'),
})

export const createWorld = (options: QueueOptions = {}, dir = temporaryDirectory('check')): World => ({
  queue: createQueue(join(dir, 'queue'), {split: 5, ...(isRoot && {owners: OWNERS}), ...options}),
  place: placeIn(dir),
})

export const check = async ({dir}: Pick<Queue, 'dir'>): Promise<Tally & {findings: Finding[]}> => {
  const tallying = new Tallying(Number.POSITIVE_INFINITY)
  for await (const verdict of checkQueue(openQueue(dir))) tallying.add(verdict)
  return {...tallying.tally, findings: [...tallying.tally.examples.values()].flat()}
}

/** Codes with how often each was found. */
export const codes = async (queue: Pick<Queue, 'dir'>): Promise<Record<string, number>> => ({...(await check(queue)).counts})

export const repair = async ({queue, place}: World): Promise<Applied> => {
  const tally = await check(queue)
  return applyPlan(repairPlan(openQueue(queue.dir), tally), {handlers: [repairHandler()], place})
}

export const undoLast = async ({place}: World): Promise<Applied> => {
  const entry = findJournal(place, 'last')
  const handlers = [repairHandler()]
  return applyPlan(undoPlan(entry, {entries: listJournals(place).entries, handlers, place}), {handlers, place, undoOf: entry.id})
}

/** All of the queue but what mailops keeps in it. */
export const picture = ({dir}: Pick<Queue, 'dir'>): Tree => snapshotTree(dir, {without: path => path.startsWith('.mailops-trash')})

/** The files of one message, by name. */
export const filesOf = (tree: Tree, number: string): Tree => new Map([...tree].filter(([path]) => path.endsWith(`/${number}`)))
