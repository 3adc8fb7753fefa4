// New keys for exim and icontact, their undo, or a recovery: `node serviceauth-scenario.mjs apply|undo|recover BASE RESTART`.
import {lstatSync} from 'node:fs'

import {applyPlan, findJournal, listJournals, recover, statePlace, undoPlan} from 'mailops/effects'

import {renewalHandler} from '../../dist/effects/serviceauth/handler.js'
import {ownersOf} from '../../dist/effects/serviceauth/owners.js'
import {RENEWAL, renewalChange} from '../../dist/serviceauth/renewal.js'

const [, , what, base = '', restart = ''] = process.argv
const place = statePlace()
const handlers = [renewalHandler()]
const ino = path => String(lstatSync(path).ino)

const renew = () => {
  const services = ['exim', 'icontact'].map(service => ({service, ino: ino(`${base}/${service}`), prove: false}))
  const args = {base, dev: String(lstatSync(base).dev), token: 'scenario', services, restart, waitSeconds: 20, verify: null, generate: false, ...ownersOf(base)}
  return applyPlan({subject: 'exim reset-serviceauth', resource: base, changes: [renewalChange(args)]}, {place, handlers})
}

const undo = () => {
  const {entries} = listJournals(place)
  const entry = findJournal(place, entries.findLast(({plan}) => plan.changes[0]?.handler === RENEWAL && plan.undoOf === undefined)?.id ?? 'none')
  return applyPlan(undoPlan(entry, {entries, handlers, place}), {place, handlers, undoOf: entry.id})
}

const work = {apply: renew, undo, recover: () => recover({handlers, place, talk: {}})}[what ?? '']
if (work === undefined) throw new Error(`apply, undo or recover, not ${what}`)
process.stdout.write(`${JSON.stringify(await work())}\n`)
