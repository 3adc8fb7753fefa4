// What is wrong with keys, what stands in the way of new ones, and who may touch them; without a server.
import {spawnSync} from 'node:child_process'
import {chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join, relative} from 'node:path'

import fc from 'fast-check'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {baseAnomalies, serviceAnomalies} from '../../dist/serviceauth/anomaly.js'
import {decide} from '../../dist/serviceauth/decide.js'
import {parseDuration} from '../../dist/serviceauth/duration.js'
import type {EntryFacts, ServiceFacts} from '../../dist/serviceauth/facts.js'
import {parseServer} from '../../dist/serviceauth/server.js'
import {serviceauthFindings} from '../../dist/effects/serviceauth/doctor.js'
import {cliIn} from '../support/cli.js'
import {emulateCpanel} from '../support/cpanel.js'

const MAIL = 8
const OWNERS = {uid: 0, mailGid: MAIL}
const isRoot = process.getuid?.() === 0

const entry = (over: Partial<EntryFacts> = {}): EntryFacts => ({
  type: 'file',
  dev: '1',
  ino: '1',
  size: 16,
  mode: 0o640,
  uid: 0,
  gid: MAIL,
  links: 1,
  mtimeMs: 0,
  ...over,
})
const facts = (
  service: string,
  {
    directory = {},
    send = {},
    recv = {},
  }: {
    directory?: Partial<EntryFacts> | null
    send?: Partial<EntryFacts> | null
    recv?: Partial<EntryFacts> | null
  } = {},
): ServiceFacts => ({
  service,
  path: `/k/${service}`,
  directory:
    directory === null
      ? null
      : entry({type: 'directory', size: 0, mode: service === 'exim' ? 0o750 : 0o700, ...directory}),
  keys: {send: send === null ? null : entry(send), recv: recv === null ? null : entry(recv)},
})
const codes = (one: ServiceFacts): string[] => serviceAnomalies(one, OWNERS).map(({kind, code}) => `${kind} ${code}`)

test.each([
  ['all right', facts('exim'), []],
  ['readable by all instead of by the group', facts('exim', {send: {gid: 0, mode: 0o644}}), []],
  ['no directory', facts('exim', {directory: null, send: null, recv: null}), ['keys NO_DIRECTORY']],
  ['a directory closed to the group', facts('exim', {directory: {mode: 0o700}}), ['rights MODE']],
  ['a directory of another group', facts('exim', {directory: {gid: 0}}), ['rights GROUP']],
  ['a directory of another owner', facts('icontact', {directory: {uid: 5}}), ['rights OWNER']],
  ['a directory of icontact open to the group', facts('icontact', {directory: {mode: 0o750}}), ['rights MODE']],
  ['a key that the group cannot read', facts('exim', {recv: {mode: 0o600}}), ['rights MODE']],
  ['a key of another group', facts('exim', {recv: {gid: 0, mode: 0o640}}), ['rights GROUP']],
  ['a key only for root, of a service that root reads', facts('cpsrvd', {recv: {gid: 0, mode: 0o600}}), []],
  ['a key that others may write', facts('cpsrvd', {recv: {mode: 0o666}}), ['rights MODE']],
  ['a short key', facts('exim', {send: {size: 15}}), ['keys SHORT_KEY']],
  ['a key with a second name', facts('exim', {recv: {links: 2}}), ['keys HARD_LINK']],
  ['a missing key', facts('exim', {recv: null}), ['keys NO_KEY']],
  ['a key that is a link', facts('exim', {recv: {type: 'symlink'}}), ['link SYMLINK']],
  ['a key that is a pipe', facts('exim', {recv: {type: 'fifo'}}), ['strange NOT_A_FILE']],
  ['a directory that is a file', facts('exim', {directory: {type: 'file'}}), ['strange NOT_A_DIRECTORY']],
])('%s', (_name, one, wanted) => {
  expect(codes(one)).toEqual(wanted)
})

test('wrong rights alone are mended, unless forced; missing keys and keys that are right are renewed', () => {
  const action = (one: ServiceFacts, force = false): string => decide(one, {owners: OWNERS, force, baseFaults: []}).action
  expect(action(facts('exim', {directory: {mode: 0o700}}))).toBe('rights')
  expect(action(facts('exim', {directory: {mode: 0o700}}), true)).toBe('renew')
  const baseFaults = baseAnomalies({path: '/b', directory: entry({type: 'directory', size: 0, mode: 0o700})}, OWNERS)
  expect(baseFaults.map(({code}) => code)).toEqual(['MODE'])
  expect(decide(facts('exim'), {owners: OWNERS, force: false, baseFaults}).action).toBe('rights')
  expect(decide(facts('exim'), {owners: OWNERS, force: true, baseFaults}).action).toBe('renew')
  expect(action(facts('exim', {directory: {mode: 0o700}, recv: null}))).toBe('renew')
  expect(action(facts('exim'))).toBe('renew')
  expect(() => action(facts('exim', {recv: {type: 'symlink'}}), true)).toThrow(/symbolic link/)
})

test('times and servers as they are typed', () => {
  expect(['90s', '10m', '1h30m', '5'].map(text => parseDuration(text, 'wait'))).toEqual([90, 600, 5400, 5])
  expect(parseServer('[::1]:2525')).toEqual({host: '::1', port: 2525})
  expect(parseServer('mx.example')).toEqual({host: 'mx.example', port: 25})
  fc.assert(
    fc.property(fc.string(), text => {
      for (const parse of [() => parseServer(text), () => parseDuration(text, 'wait')])
        try {
          parse()
        } catch (error) {
          expect((error as {name: string}).name).toBe('OpsError')
        }
    }),
  )
})

test('the state shows lengths, modes and switches, and never a key', async () => {
  const directory = temporaryDirectory('states')
  const {base, keys} = emulateCpanel(directory)
  writeFileSync(join(base, 'exim/send'), 'short')
  writeFileSync(join(base, '../exim_tcp_check_disabled'), '')
  const ended = await cliIn(directory)('exim', 'serviceauth', '--dir', base)
  expect(ended.status).toBe(1)
  expect(ended.stdout).toMatch(/^exim +0750 +\d+:\d+ +5 B 0640 +16 B 0640 .* SHORT_KEY$/m)
  expect(ended.stdout).toContain('exim_tcp_check_disabled is there: no new keys are made')
  for (const line of ended.stdout.split('\n')) if (!line.includes('/')) expect(line.length).toBeLessThanOrEqual(80)
  const json = (await cliIn(directory)('exim', 'serviceauth', '--dir', base, '--json')).json()
  const [exim] = json.services
  expect(exim.send, 'a digest of what is cut short would give it away').not.toHaveProperty('fingerprint')
  expect(exim.recv.fingerprint).toMatch(/^[0-9a-f]{12}$/)
  expect(JSON.stringify(json)).not.toContain(keys('exim').recv)
  expect(serviceauthFindings(base).map(({code}) => code)).toEqual(['SERVICEAUTH_SHORT_KEY'])
  expect(serviceauthFindings('/nonexistent')).toEqual([])
})

test('without a failing service in the logs: 64 with what they say; with one: that one', async () => {
  const directory = temporaryDirectory('indicated')
  const {base, restart} = emulateCpanel(directory)
  const log = join(directory, 'mainlog')
  const mailops = cliIn(directory)
  const reset = (...args: string[]) =>
    mailops(
      'exim',
      'reset-serviceauth',
      '--dir',
      base,
      '--restart-command',
      restart,
      '--log',
      log,
      '--no-verify',
      '--json',
      ...args,
    )
  const failure = (peer: string, minute: number, result: string, id: string): string =>
    `2026-03-03 09:${String(minute).padStart(2, '0')}:15 dovecot_plain authenticator failed for (localhost) [${peer}]: ${result} (set_id=${id})\n`
  const monitor = '__cpanel__service__auth__icontact__AbCdEfGh12345678'
  writeFileSync(
    log,
    [0, 5, 10].map(minute => failure('203.0.113.9', minute, '535 Incorrect authentication data', monitor)).join(''),
  )
  const foreign = (await reset('--yes')).json().error
  expect(foreign).toMatchObject({code: 'NOTHING_INDICATED', exit: 64})
  expect(foreign.message).toContain('monitor-guess')
  writeFileSync(
    log,
    [0, 5, 10, 15].map(minute => failure('127.0.0.1', minute, '535 Incorrect authentication data', monitor)).join(''),
  )
  const dry = await reset('--dry-run')
  expect(dry.json().services).toEqual([{service: 'icontact', action: 'renew'}])
  expect(dry.stderr).not.toContain('AbCdEfGh12345678')
  const done = await reset('--yes')
  expect(done.status, done.stderr).toBe(0)
  expect(done.json()).toMatchObject({services: [{service: 'icontact', action: 'renew'}], proved: []})
  writeFileSync(log, '')
  expect((await reset('--yes')).status).toBe(64)
  expect((await reset('--force', '--yes')).json().services).toEqual([{service: 'exim', action: 'renew'}])
})

test.skipIf(!isRoot)("another's keys are nobody's to change but root's", () => {
  const directory = temporaryDirectory('notroot')
  const {base, restart} = emulateCpanel(directory)
  const state = join(directory, 'theirs')
  mkdirSync(state)
  chownSync(state, 65_534, 65_534)
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      [
        join(import.meta.dirname, '../../../../bin/run.js'),
        'exim',
        'reset-serviceauth',
        'exim',
        '--dir',
        base,
        '--restart-command',
        restart,
        '--yes',
        '--json',
        ...args,
      ],
      {
        uid: 65_534,
        gid: 65_534,
        encoding: 'utf8',
        env: {
          ...process.env,
          HOME: state,
          MAILOPS_STATE_DIR: join(state, 'state'),
          MAILOPS_RUN_DIR: join(state, 'run'),
        },
      },
    )
  const ended = run()
  expect(ended.status, ended.stderr).toBe(77)
  expect(JSON.parse(ended.stdout).error).toMatchObject({code: 'NOT_ROOT'})
})

test('a base directory that others cannot enter is mended with the rest; one that is a link is refused', async () => {
  const directory = temporaryDirectory('base')
  const {base, restart, restarts} = emulateCpanel(directory)
  chmodSync(base, 0o700)
  chmodSync(join(base, 'exim'), 0o700)
  const mailops = cliIn(directory)
  const reset = (dir: string) =>
    mailops(
      'exim',
      'reset-serviceauth',
      'exim',
      '--dir',
      dir,
      '--restart-command',
      restart,
      '--no-verify',
      '--yes',
      '--json',
    )
  const ended = await reset(base)
  expect(ended.status, ended.stderr).toBe(0)
  expect((await mailops('exim', 'serviceauth', '--dir', base, '--json')).json()).toMatchObject({
    mode: '0711',
    anomalies: [],
  })
  expect(restarts()).toBe(0)
  symlinkSync(base, join(directory, 'link'))
  expect((await reset(join(directory, 'link'))).json().error).toMatchObject({code: 'SYMLINK', exit: 65})
  rmSync(join(directory, 'link'))
})

test('keys that were removed and never came back are a fault, where the monitor uses them', async () => {
  const directory = temporaryDirectory('removed')
  const {base} = emulateCpanel(directory)
  rmSync(join(base, 'exim'), {recursive: true})
  const mailops = cliIn(directory)
  const found = await mailops('exim', 'serviceauth', '--dir', relative(process.cwd(), base), '--json')
  expect(found.status).toBe(1)
  expect(found.json().path).toBe(base)
  expect(found.json().services.find((one: any) => one.service === 'exim')).toMatchObject({ok: false, directory: null})
  expect((await mailops('exim', 'serviceauth', '--dir', base)).stdout).toContain('NO_DIRECTORY')
  rmSync(join(base, '../exim_service_auth_enable'))
  expect((await mailops('exim', 'serviceauth', '--dir', base)).status).toBe(0)
})
