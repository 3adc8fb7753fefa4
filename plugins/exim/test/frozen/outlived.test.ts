// kill -9 while Exim delivers for a thaw: it goes on, and recovery waits for its end.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'

const RUN = join(import.meta.dirname, '../../../../bin/run.js')
const ID = '1tAbCd-000abc-12'

test('recovery ends after the delivery that the thaw had begun', async () => {
  const directory = temporaryDirectory('thaw')
  const at = (name: string): string => join(directory, name)
  mkdirSync(at('run'), {mode: 0o700})
  // As much of Exim as a thaw asks for; the delivery waits for a word of the test's.
  writeFileSync(
    at('exim'),
    `#!/bin/sh
case "$1" in
  -bp) printf ' 5m  1.2K ${ID} <a@local.example> *** frozen ***\\n          bob@looped.example\\n\\n' ;;
  -Mvl) echo 'R=dnslookup: lowest numbered MX record points to local host'; echo '*** Frozen' ;;
  -bt) echo 'bob@looped.example'; echo '  router = local_user, transport = local_delivery' ;;
  -bP) echo 'spool_directory = ${directory}' ;;
  -M) touch ${at('begun')}; until [ -e ${at('go')} ] || [ ! -d ${directory} ]; do sleep 0.05; done; touch ${at('delivered')} ;;
esac
`,
    {mode: 0o755},
  )
  const env = {...process.env, MAILOPS_STATE_DIR: at('state'), MAILOPS_RUN_DIR: at('run')}
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [RUN, ...args], {env, stdio: ['ignore', 'ignore', 'pipe']})
    const said = {text: ''}
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (said.text += text))
    return {child, said}
  }
  const thaw = start('exim', 'thaw', '--caused-by', 'looped.example', '--any-cause', '--exim', at('exim'), '--yes')
  try {
    await expect.poll(() => existsSync(at('begun')) || thaw.said.text, {timeout: 30_000}).toBe(true)
    thaw.child.kill('SIGKILL')
    await once(thaw.child, 'exit')
    const recovery = start('recover')
    const ended = once(recovery.child, 'exit')
    void ended.then(() => writeFileSync(at('ended'), ''))
    await expect.poll(() => recovery.said.text + (existsSync(at('ended')) ? ' ended' : ''), {timeout: 30_000}).toMatch(/waiting for .*exim -M /)
    expect(existsSync(at('ended'))).toBe(false)
    writeFileSync(at('go'), '')
    expect((await ended)[0]).toBe(0)
    expect(existsSync(at('delivered'))).toBe(true)
  } finally {
    writeFileSync(at('go'), '')
  }
})
