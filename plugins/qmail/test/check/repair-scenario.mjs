// Repairs, undoes or recovers a queue: `node repair-scenario.mjs apply|undo|recover QUEUE`; state by the environment.
import {applyPlan, findJournal, listJournals, recover, statePlace, undoPlan} from '../../../../dist/effects/index.js'
import {Tallying} from '../../dist/check/tally.js'
import {checkQueue} from '../../dist/effects/check/check-queue.js'
import {repairHandler, repairPlan} from '../../dist/effects/repair/index.js'
import {openQueue} from '../../dist/effects/reading/index.js'

const [, , what, dir = ''] = process.argv
const place = statePlace()
const handlers = [repairHandler()]

if (what === 'apply') {
  const tallying = new Tallying(1)
  for await (const verdict of checkQueue(openQueue(dir))) tallying.add(verdict)
  await applyPlan(repairPlan(openQueue(dir), tallying.tally), {handlers, place})
}
const undo = async () => {
  const {entries} = listJournals(place)
  const entry = findJournal(place, entries.find(({plan}) => plan.undoOf === undefined).id)
  const {bulk} = await applyPlan(undoPlan(entry, {entries, handlers, place}), {handlers, place, undoOf: entry.id})
  return bulk[0].complete
}

const settled = async () => (await recover({handlers, place, talk: {}})).map(({outcome}) => outcome)

if (what === 'undo') process.stdout.write(JSON.stringify(await undo()))
if (what === 'recover') process.stdout.write(JSON.stringify(await settled()))
