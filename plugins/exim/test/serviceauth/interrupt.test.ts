// ^C while the new keys are waited for or made: the old ones come back, and the status says by what it was ended.
import {spawn} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {once} from 'node:events'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {emulateCpanel} from '../support/cpanel.js'

const reset = (directory: string, base: string, command: string) =>
  spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../../../../bin/run.js'),
      'exim',
      'reset-serviceauth',
      'exim',
      '--dir',
      base,
      '--restart-command',
      command,
      '--no-verify',
      '--yes',
    ],
    {
      env: {...process.env, MAILOPS_STATE_DIR: join(directory, 'state'), MAILOPS_RUN_DIR: join(directory, 'run')},
      stdio: 'ignore',
    },
  )

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends the wait with everything as it was', async (signal, status) => {
  const directory = temporaryDirectory('interrupt')
  const {base, picture, restarts} = emulateCpanel(directory)
  const before = picture()
  const child = reset(directory, base, `echo run >> ${base}/../restarts`)
  await expect.poll(restarts, {timeout: 30_000}).toBe(1)
  child.kill(signal)
  const [code] = await once(child, 'exit')
  expect(code).toBe(status)
  expect(picture()).toEqual(before)
  expect(restarts()).toBe(2)
})

test('^C during the restart is heard when it has ended, although the keys are there by then', async () => {
  const directory = temporaryDirectory('interrupt')
  const {base, picture, restart, restarts} = emulateCpanel(directory)
  const before = picture()
  const go = join(directory, 'go')
  // Makes the keys, and then takes as long as the test wants.
  const child = reset(directory, base, `${restart}; until [ -e ${go} ]; do sleep 0.05; done`)
  await expect.poll(restarts, {timeout: 30_000}).toBe(1)
  child.kill('SIGINT')
  writeFileSync(go, '')
  const [code] = await once(child, 'exit')
  expect(code).toBe(130)
  expect(picture()).toEqual(before)
})
