// A plan with every kind of change, applied, undone or recovered by `node apply-scenario.mjs apply|undo|recover DIR [finish]`.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {applyPlan, findJournal, listJournals, readSeen, recover, statePlace, undoPlan} from '../../../dist/effects/index.js'

const [, , what, dir = '', onCrash = 'rollback'] = process.argv
const place = statePlace()
const seen = name => readSeen(join(dir, name), {digest: true})
const path = name => join(dir, name)

const plan = () => ({
  subject: 'test scenario',
  resource: dir,
  onCrash,
  changes: [
    {kind: 'write', path: path('replaced'), before: seen('replaced'), after: Buffer.from('new content\n'), why: 'test'},
    {kind: 'write', path: path('created'), before: null, after: Buffer.from('created\n'), mode: 0o640, why: 'test'},
    {kind: 'mkdir', path: path('made'), mode: 0o750, why: 'test'},
    {kind: 'write', path: path('made/inside'), before: null, after: Buffer.from('inside\n'), why: 'test'},
    {kind: 'move', path: path('moved'), to: path('elsewhere'), before: seen('moved'), why: 'test'},
    {kind: 'attributes', path: path('modes'), before: seen('modes'), mode: 0o600, why: 'test'},
    {kind: 'remove', path: path('removed'), before: seen('removed'), why: 'test'},
    {kind: 'remove', path: path('empty'), before: seen('empty'), why: 'test'},
    {kind: 'run', argv: ['touch', path('ran')], undo: ['rm', '-f', path('ran')], why: 'test'},
  ],
})

if (what === 'apply') await applyPlan(plan(), {place})
if (what === 'undo') {
  const entry = findJournal(place, 'last')
  await applyPlan(undoPlan(entry, {entries: listJournals(place).entries, handlers: [], place}), {place, undoOf: entry.id})
}
if (what === 'recover') {
  const recovered = await recover({handlers: [], place, talk: {}})
  process.stdout.write(`${JSON.stringify(recovered)}\n`)
}
if (what === 'read') process.stdout.write(readFileSync(path('replaced')))
