// Debian's Exim reads what update-exim4.conf makes: run after the change, and after the change is taken back.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {applyPlan, findJournal, listJournals, undoPlan, type StatePlace} from 'mailops/effects'
import {afterEach, beforeEach, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {DEBIAN_LISTS, parseDebian} from '../../dist/domain/debian.js'
import type {MailSystem} from '../../dist/domain/system.js'
import {setPlan} from '../../dist/effects/domain/set-plan.js'

const path = process.env['PATH']
let directory: string
beforeEach(() => {
  directory = temporaryDirectory('debian')
  process.env['PATH'] = `${directory}:${path}`
})
afterEach(() => {
  process.env['PATH'] = path
})

test('what Exim reads is made anew after the change and after its undo', async () => {
  const conf = join(directory, 'update-exim4.conf.conf')
  const made = join(directory, 'made')
  writeFileSync(conf, "dc_other_hostnames='a.example'\n")
  writeFileSync(join(directory, 'update-exim4.conf'), `#!/bin/sh\ngrep dc_other ${conf} >> ${made}\n`, {mode: 0o755})
  const place: StatePlace = {
    state: join(directory, 'state'),
    journal: join(directory, 'state/journal'),
    backups: join(directory, 'state/backups'),
    run: join(directory, 'run'),
  }
  mkdirSync(place.run, {mode: 0o700})
  const {entries, patterns} = parseDebian(readFileSync(conf, 'latin1'), DEBIAN_LISTS.local)
  const system: MailSystem = {
    kind: 'debian-exim',
    name: 'x',
    lists: [{role: 'local', path: conf, setting: DEBIAN_LISTS.local, exists: true, defects: [], entries, patterns}],
  }
  const plan = setPlan({root: '/', system, domain: 'b.example', role: 'local', api: null})
  const {journalId} = await applyPlan(plan, {place})
  const lines = (): string[] => readFileSync(made, 'utf8').trimEnd().split('\n')
  expect(lines().at(-1)).toBe("dc_other_hostnames='a.example;b.example'")
  await applyPlan(
    undoPlan(findJournal(place, journalId), {entries: listJournals(place).entries, handlers: [], place}),
    {place, undoOf: journalId},
  )
  expect(lines().at(-1)).toBe("dc_other_hostnames='a.example'")
})
