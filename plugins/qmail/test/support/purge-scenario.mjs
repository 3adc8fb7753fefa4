// An offline purge of everything, its undo, or a recovery: `node purge-scenario.mjs apply|undo|recover QUEUE [keep|gone]`.
import {applyPlan, findJournal, listJournals, recover, statePlace, undoPlan} from 'mailops/effects'

import {stateRow} from '../../dist/message/state-table.js'
import {compileSelection} from '../../dist/selection/compile.js'
import {openQueue, selectMessages} from '../../dist/effects/reading/index.js'
import {OFFLINE, offlineChange, offlineHandler} from '../../dist/effects/purge-offline/index.js'

const [, , what, path = '', keep = 'keep'] = process.argv
const place = statePlace()

const purge = async () => {
  const queue = openQueue(path)
  const eligible = presence => stateRow(presence).purge.length > 0
  const {snapshot, bytes} = await selectMessages(queue, compileSelection({}, 0), {eligible})
  const args = {queue: queue.path, token: 'scenario', keep: keep === 'keep', messages: snapshot.length, bytes}
  const plan = {subject: 'qmail purge', resource: queue.path, changes: [offlineChange(args, {summary: 'purge'})]}
  const live = {queue, snapshot, all: true, stop: {stop: false, timeoutMs: 1000}}
  return applyPlan(plan, {place, handlers: [offlineHandler(live)], warn: text => process.stderr.write(`${text}\n`)})
}

const undo = async () => {
  const {entries} = listJournals(place)
  const entry = findJournal(place, entries.findLast(({plan}) => plan.changes[0]?.handler === OFFLINE && plan.undoOf === undefined)?.id ?? 'none')
  const handlers = [offlineHandler()]
  return applyPlan(undoPlan(entry, {entries, handlers, place}), {place, handlers, undoOf: entry.id})
}

const work = {apply: purge, undo, recover: () => recover({handlers: [offlineHandler()], place, talk: {}})}[what ?? '']
if (work === undefined) throw new Error(`apply, undo or recover, not ${what}`)
process.stdout.write(`${JSON.stringify(await work())}\n`)
