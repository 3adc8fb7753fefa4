// The filter without a daemon: the small program, and the command that starts it.
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {standaloneArguments} from '../../src/filter/arguments.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

const BIN = join(import.meta.dirname, '../../../../bin')

const start = () => {
  const directory = temporaryDirectory('standalone')
  const env = {PATH: process.env['PATH'] ?? '', MAILOPS_STATE_DIR: join(directory, 'state'), MAILOPS_RUN_DIR: join(directory, 'run'), MAILOPS_CONFIG_DIR: join(directory, 'config'), HOME: directory}
  return (program: readonly string[], args: readonly string[], {input = 'QUIT\r\n', more = {}}: {input?: string; more?: Record<string, string>} = {}) =>
    spawnSync(process.execPath, [...program, ...args], {env: {...env, TCPREMOTEIP: '192.0.2.1', ...more}, input, encoding: 'latin1'})
}

test.each([
  ['the program', [join(BIN, 'greylist-standalone.js')]],
  ['the command', [join(BIN, 'run.js'), 'greylist', 'filter']],
])('%s: deferred, then accepted, status and input of the child', (_, program) => {
  const filter = start()
  const child = ['--', 'sh', '-c', 'cat; exit 7']
  const first = filter(program, ['--delay', '0s', '--name', 'mx.test', ...child], {input: 'EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nQUIT\r\n'})
  expect(first.stdout).toMatch(/^220 mx\.test ESMTP\r\n.*450 4\.2\.0 .*221 /s)
  // Nothing but its decision: a line a connection about the age of a list would fill the log.
  expect(first.stderr).toMatch(/^\{[^\n]*"reason":"new"[^\n]*\}\n$/)
  expect(filter(program, ['--delay', '0s', ...child])).toMatchObject({status: 7, stdout: 'QUIT\r\n', stderr: expect.stringContaining('"reason":"retried"')})
  expect(filter(program, child, {more: {RELAYCLIENT: ''}})).toMatchObject({status: 7, stdout: 'QUIT\r\n', stderr: ''})
  expect(filter(program, ['--learning', ...child], {more: {TCPREMOTEIP: '198.51.100.1'}})).toMatchObject({status: 7})
  // No address, or settings that are wrong: told, and the mail goes through.
  expect(filter(program, child, {more: {TCPREMOTEIP: ''}})).toMatchObject({status: 7, stderr: expect.stringMatching(/unchecked, passes: neither/)})
  expect(filter(program, ['--delay', 'soon', ...child])).toMatchObject({status: 7, stderr: expect.stringMatching(/unchecked, passes: daemon says: --delay 'soon'/)})
  expect(filter(program, ['--frobnicate', 'x', ...child])).toMatchObject({status: 64, stdout: expect.stringMatching(/^451 /)})
})

test('options of the store, of the filter, and the program', () => {
  expect(standaloneArguments(['--db=/x', '--timeout', '5', '--learning', '--fail=closed', 'prog', '--db', 'y'])).toEqual({
    own: {db: '/x'}, learning: true, passedOn: ['--timeout', '5', '--fail', 'closed'], program: ['prog', '--db', 'y'],
  })
  expect(standaloneArguments(['--', '--odd'])).toMatchObject({program: ['--odd']})
  for (const argv of [[], ['--db'], ['--db', 'x'], ['--nonsense', 'x', 'prog'], ['--learning=yes', 'prog']]) expect(() => standaloneArguments(argv)).toThrow(expect.objectContaining({code: 'USAGE'}))
})
