// The first thing a stranger runs: it comes to its end, every part of it.
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'

import {expect, test} from 'vitest'

test('npm run demo shows every part and leaves nothing behind', {timeout: 300_000}, () => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [join(import.meta.dirname, '../demo/run.mjs')], {encoding: 'utf8', input: ''})
  expect({status, stderr: stderr.match(/Error.*/)?.[0]}).toEqual({status: 0, stderr: undefined})
  for (const part of ['qmail', 'cPanel', 'Postfix', 'SmarterMail', 'greylist']) expect(stdout).toMatch(new RegExp(`^== .*${part}`, 'im'))
  expect(stdout).toContain('It comes back after the delay')
  expect(stdout).toMatch(/# That was all\. .*\n$/)
})
