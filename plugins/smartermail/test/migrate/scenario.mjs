// A migration, its undo, or a recovery: `node scenario.mjs apply|undo|recover SERVICE TARGET DATA [delta]`.
import {applyPlan, findJournal, listJournals, recover, statePlace, undoPlan} from 'mailops/effects'

import {checkOutcome} from '../../dist/effects/migrate/check-outcome.js'
import {COPY, copyHandler} from '../../dist/effects/migrate/copy-handler.js'
import {openSource} from '../../dist/effects/migrate/open-source.js'
import {prepareMigration} from '../../dist/effects/migrate/prepare.js'
import {openTarget} from '../../dist/effects/migrate/target.js'
import {parseWishes} from '../../dist/migrate/wishes.js'

const [, , what, service = '', targetPath = '', data = '', delta] = process.argv
const place = statePlace()

const apply = async () => {
  const target = openTarget(targetPath)
  const opened = await openSource(service, {configOnly: false, files: null, passphraseFile: undefined})
  const wishes = parseWishes({map: [String.raw`C:\SmarterMail=D:\Mail`], dns: 'system'})
  const migration = await prepareMigration(opened, target, {wishes, domains: data, delta: delta === 'delta', force: false, place})
  const handlers = [copyHandler({source: opened.source, plan: migration.copy, moved: new Set()})]
  return applyPlan(migration.plan, {place, handlers, verify: () => checkOutcome(migration)})
}

const undo = async () => {
  const {entries} = listJournals(place)
  const entry = findJournal(place, entries.findLast(({plan}) => plan.changes.some(({handler}) => handler === COPY) && plan.undoOf === undefined)?.id ?? 'none')
  const handlers = [copyHandler()]
  return applyPlan(undoPlan(entry, {entries, handlers, place}), {place, handlers, undoOf: entry.id})
}

const work = {apply, undo, recover: () => recover({handlers: [copyHandler()], place, talk: {}})}[what ?? '']
if (work === undefined) throw new Error(`apply, undo or recover, not ${what}`)
process.stdout.write(`${JSON.stringify(await work())}\n`)
