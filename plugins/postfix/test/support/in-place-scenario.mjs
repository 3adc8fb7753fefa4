// A map replaced in place with a reload, its undo, or a recovery: `node in-place-scenario.mjs apply|undo|recover DIRECTORY`.
import {readFileSync} from 'node:fs'

import {applyPlan, findJournal, listJournals, recover, statePlace, undoPlan} from 'mailops/effects'

import {inPlacePlan} from '../../dist/effects/optimize/write-plan.js'

const [, , what, directory = ''] = process.argv
const place = statePlace()
const path = `${directory}/map.regexp`
const SUBJECT = 'postfix optimize-regexp'

const replace = () => {
  const request = {source: {path, text: readFileSync(path, 'latin1')}, text: '/^(a|b)$/ x\n', why: 'scenario'}
  return applyPlan(inPlacePlan(request, {reload: [`${directory}/postfix`, 'reload']}), {place})
}

const undo = () => {
  const {entries} = listJournals(place)
  const entry = findJournal(place, entries.findLast(({plan}) => plan.subject === SUBJECT && plan.undoOf === undefined)?.id ?? 'none')
  return applyPlan(undoPlan(entry, {entries, handlers: [], place}), {place, undoOf: entry.id})
}

const work = {apply: replace, undo, recover: () => recover({handlers: [], place, talk: {}})}[what ?? '']
if (work === undefined) throw new Error(`apply, undo or recover, not ${what}`)
process.stdout.write(`${JSON.stringify(await work())}\n`)
