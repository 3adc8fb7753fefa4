// One change of a queue in a process of its own, to be killed at any of its calls:
// `node scenario.mjs live|only|only-offline|swap|swap-no-trash|hold QUEUE STATE apply|undo|recover`
import {applyPlan, findJournal, listJournals, recover, statePlace, undoPlan} from '../../../../../dist/effects/index.js'
import {liveHandler} from '../../../dist/effects/live/handler.js'
import {liveChange} from '../../../dist/effects/live/live-args.js'
import {openQueue, selectMessages} from '../../../dist/effects/reading/index.js'
import {scheduleHandler} from '../../../dist/effects/schedule/handler.js'
import {scheduleChange} from '../../../dist/effects/schedule/schedule-args.js'
import {swapHandler} from '../../../dist/effects/swap/handler.js'
import {swapChange} from '../../../dist/effects/swap/swap-args.js'
import {compileSelection} from '../../../dist/selection/compile.js'

const [, , kind = '', dir = '', state = '', what = ''] = process.argv
const place = statePlace({MAILOPS_STATE_DIR: state, MAILOPS_RUN_DIR: `${state}.run`})
const stop = {stop: false, timeoutMs: 0}
const NOW = 1_790_000_000

const make = async () => {
  const queue = openQueue(dir)
  const common = {queue: queue.path, layout: queue.layout, token: `of-${kind}`, keep: kind !== 'swap-no-trash', stop: false}
  if (kind.startsWith('swap')) return {change: swapChange({...common, messages: 0, bytes: 0}, {summary: kind}), handler: swapHandler({stop})}
  const only = kind.startsWith('only')
  const selection = compileSelection(only ? {recipient: {any: ['@remote.example']}} : {}, NOW)
  const {snapshot, bytes} = await selectMessages(queue, selection)
  if (kind === 'hold') {
    const args = {action: kind, queue: queue.path, token: common.token, messages: snapshot.length, stop: false}
    return {change: scheduleChange(args), handler: scheduleHandler({queue, snapshot, now: NOW, lifetime: 604_800, stop})}
  }
  const args = {...common, only, offline: kind === 'only-offline', messages: snapshot.length, bytes}
  return {change: liveChange(args, {summary: kind}), handler: liveHandler({queue, snapshot, selection, flush: false, todoWaitMs: 0})}
}

const handlers = [liveHandler(), scheduleHandler(), swapHandler()]
if (what === 'apply') {
  const {change, handler} = await make()
  await applyPlan({subject: kind, resource: dir, changes: [change]}, {handlers: [handler], place})
}
if (what === 'undo') {
  const {entries} = listJournals(place)
  const first = entries.find(({plan}) => plan.undoOf === undefined)
  if (first === undefined) throw new Error('NO_CHANGE_YET: killed before its journal had a record')
  const entry = findJournal(place, first.id)
  await applyPlan(undoPlan(entry, {entries, handlers, place}), {handlers, place, undoOf: entry.id})
}
// Twice: the second finds nothing to do.
if (what === 'recover') {
  const recovered = await recover({handlers, place, talk: {}})
  process.stdout.write(JSON.stringify([recovered, await recover({handlers, place, talk: {}})]))
}
