// kill -9 while the restart command runs: it goes on, and recovery waits for its end before it brings the old keys back.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, readdirSync, readlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {emulateCpanel} from '../support/cpanel.js'

const SCENARIO = join(import.meta.dirname, '../support/serviceauth-scenario.mjs')

test('what the command does after the kill is not done after the recovery', async () => {
  const directory = temporaryDirectory('outlived')
  const cpanel = emulateCpanel(directory)
  const before = cpanel.picture()
  const [go, begun] = [join(directory, 'go'), join(directory, 'begun')]
  // The first time it does its work late; later there is nothing to do.
  const command = `[ ! -e ${begun} ] || exit 0; touch ${begun}; until [ -e ${go} ]; do sleep 0.05; done; mkdir -p ${cpanel.base}/exim; printf 0123456789abcdef > ${cpanel.base}/exim/send`
  const env = {...process.env, MAILOPS_STATE_DIR: join(directory, 'state'), MAILOPS_RUN_DIR: join(directory, 'run')}
  const start = (what: string) => spawn(process.execPath, [SCENARIO, what, cpanel.base, command], {env, stdio: ['ignore', 'ignore', 'inherit']})
  const apply = start('apply')
  await expect.poll(() => existsSync(begun), {timeout: 30_000}).toBe(true)
  apply.kill('SIGKILL')
  await once(apply, 'exit')
  const recovery = start('recover')
  const ended = once(recovery, 'exit')
  // It holds the journal: from here on nothing but the command keeps it from its work.
  const holdsJournal = () => readdirSync(`/proc/${recovery.pid}/fd`).some(fd => readlinkSync(`/proc/${recovery.pid}/fd/${fd}`).endsWith('.jsonl'))
  await expect.poll(holdsJournal, {timeout: 30_000}).toBe(true)
  writeFileSync(go, '')
  expect((await ended)[0]).toBe(0)
  // What the command wrote in the end was taken away again.
  expect(cpanel.picture()).toEqual(before)
})
