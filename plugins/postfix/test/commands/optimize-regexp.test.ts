// mailops postfix optimize-regexp as a user runs it: statuses, streams, the document, files, undo
import {spawn, spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {beforeEach, describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {findPostmap} from '../support/postmap.js'

const BIN = join(import.meta.dirname, '../../../../bin/run.js')
const hasPostmap = findPostmap() !== undefined

let base: string
let map: string
const LISTS = ['dev', 'dev-core', 'users', 'press'].flatMap(list =>
  ['', '-join', '-leave', '-owner', '-request'].map(command => `/^${list}${command}@lists\\.example\\.com$/ lmtp:[127.0.0.1]:8024\n`),
)
const TABLE = `# lists\n${LISTS.join('')}# the rest \xe9\n/@example\\.com$/ smtp:[192.0.2.1]\n`

beforeEach(() => {
  base = temporaryDirectory('optimize')
  map = join(base, 'transport.regexp')
  writeFileSync(map, TABLE, 'latin1')
  chmodSync(map, 0o640)
  mkdirSync(join(base, 'etc'))
  writeFileSync(join(base, 'etc/main.cf'), 'compatibility_level = 3.6\nmyhostname = mx.example.com\n')
})

const mailopsIn = (environment: Readonly<Record<string, string>>, ...args: string[]) => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'latin1', cwd: base,
    env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), NO_COLOR: '1', ...environment},
  })
  return {status, stdout, stderr}
}
const mailops = (...args: string[]) =>
  mailopsIn({MAIL_CONFIG: join(base, 'nothing')}, 'postfix', 'optimize-regexp', ...args, '--budget', '60')
const undo = () => mailopsIn({}, 'undo', 'last', '--yes')
const document = (...args: string[]): Record<string, any> => JSON.parse(mailops(...args, '--json').stdout) as Record<string, any>

test('the map goes to stdout byte for byte, the report to stderr, and nothing is written', () => {
  const before = readdirSync(base)
  const {status, stdout, stderr} = mailops(`regexp:${map}`)
  expect(status).toBe(0)
  expect(stdout).toBe(
    '# lists\n/^(dev(-core)?|press|users)(-(join|leave|owner|request))?@lists\\.example\\.com$/ lmtp:[127.0.0.1]:8024\n' +
      '# the rest \xe9\n/@example\\.com$/ smtp:[192.0.2.1]\n',
  )
  expect(stderr).toContain('proven equivalent: every key there is')
  for (const line of stderr.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  expect(readdirSync(base)).toEqual(before)
})

test('the document', () => {
  const found = document(map)
  expect(found).toMatchObject({
    map: `regexp:${map}`,
    type: 'regexp',
    rules: {before: 21, after: 2},
    proof: {verdict: 'proven', method: 'whole-table', ...(hasPostmap && {postmap: {differences: 0}})},
    rewrites: [{kind: 'merge', lines: LISTS.map((_, at) => at + 2)}],
    kept: [{line: 23, reason: 'alone'}],
    findings: [],
  })
  expect(found['output'].text).toContain('/^(dev(-core)?|press|users)(')
  const {coldBefore, coldAfter, warmBefore, warmAfter} = found['memory'].model
  expect(coldAfter).toBeLessThan(coldBefore / 4)
  expect(warmAfter).toBeLessThan(warmBefore / 2)
  expect(found['memory'].saved.perProcess).toBe(warmBefore - warmAfter)
  if (hasPostmap) expect(found['proof'].postmap.keys).toBeGreaterThan(100)
})

describe('-o', () => {
  test('takes the mode of the map, needs no --yes, is not written twice', () => {
    const output = join(base, 'small')
    expect(mailops(map, '-o', output)).toMatchObject({status: 0, stdout: ''})
    expect(statSync(output).mode & 0o777).toBe(0o640)
    const small = readFileSync(output, 'latin1')
    expect(small.split('\n')).toHaveLength(5)
    const again = mailops(map, '-o', output)
    expect(again.status).toBe(73)
    expect(again.stderr).toContain('--force')
    expect(mailops(map, '-o', output, '--force').status).toBe(0)
    expect(readFileSync(output, 'latin1')).toBe(small)
  })

  test('is written even when nothing improves, and what is optimised stays as it is', () => {
    const [first, second] = [join(base, 'first.regexp'), join(base, 'second.regexp')]
    mailops(map, '-o', first)
    expect(mailops(first, '-o', second).stderr).toContain('unchanged')
    expect(readFileSync(second, 'latin1')).toBe(readFileSync(first, 'latin1'))
  })
})

test('many -o into one directory at once: all are written', async () => {
  const ended = await Promise.all(
    Array.from({length: 4}, (_, n) => {
      const child = spawn(process.execPath, [BIN, 'postfix', 'optimize-regexp', map, '-o', join(base, `out-${n}`)], {
        stdio: 'ignore', env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), MAIL_CONFIG: join(base, 'nothing')},
      })
      return new Promise<number | null>(resolve => void child.once('close', resolve))
    }),
  )
  expect(ended).toEqual([0, 0, 0, 0])
  expect(readdirSync(base).filter(name => name.startsWith('out-'))).toHaveLength(4)
}, 60_000)

describe('--in-place', () => {
  test('shows, asks, replaces, is taken back', () => {
    expect(mailops(map, '--in-place', '--dry-run').stdout).toContain(`replace ${map}`)
    expect(mailops(map, '--in-place').status).toBe(64)
    expect(readFileSync(map, 'latin1')).toBe(TABLE)
    const {status, stderr} = mailops(map, '--in-place', '--yes')
    expect(status).toBe(0)
    expect(stderr).toContain(`postfix -c ${base}/nothing reload`)
    expect(readFileSync(map, 'latin1')).not.toBe(TABLE)
    expect(statSync(map).mode & 0o777).toBe(0o640)
    expect(undo().status).toBe(0)
    expect(readFileSync(map, 'latin1')).toBe(TABLE)
  })

  test('--reload and its undo are for the instance of the run, wherever they are run from', () => {
    mkdirSync(join(base, 'bin'))
    const log = join(base, 'log')
    writeFileSync(join(base, 'bin/postfix'), `#!/bin/sh\necho "$*" >> '${log}'\n`, {mode: 0o755})
    const env = {PATH: `${base}/bin:${process.env['PATH']}`}
    expect(mailopsIn({...env, MAIL_CONFIG: '/nowhere/one'}, 'postfix', 'optimize-regexp', map, '--in-place', '--yes', '--reload').status).toBe(0)
    expect(mailopsIn({...env, MAIL_CONFIG: '/nowhere/two'}, 'undo', 'last', '--yes').status).toBe(0)
    expect(readFileSync(map, 'latin1')).toBe(TABLE)
    const calls = readFileSync(log, 'utf8').split('\n').filter(Boolean)
    expect(new Set(calls)).toEqual(new Set(['-c /nowhere/one status', '-c /nowhere/one reload']))
    expect(calls.at(-1)).toBe('-c /nowhere/one reload')
  })

  test('goes through a link to the file, and leaves an optimised one alone', () => {
    const link = join(base, 'link.regexp')
    symlinkSync(map, link)
    expect(mailops(link, '--in-place', '--yes').status).toBe(0)
    const small = readFileSync(map, 'latin1')
    expect(small).not.toBe(TABLE)
    const {ino} = statSync(map)
    expect(mailops(map, '--in-place', '--yes')).toMatchObject({status: 0})
    expect(statSync(map).ino).toBe(ino)
  })

  test.skipIf(!hasPostmap)('--reload with a Postfix that does not run changes nothing (needs postfix)', () => {
    const etc = join(base, 'etc')
    writeFileSync(join(etc, 'main.cf'), `compatibility_level = 3.6\nmyhostname = mx.example.com\nqueue_directory = ${base}\n`)
    writeFileSync(join(etc, 'master.cf'), '')
    const {status, stderr} = mailops(map, '--in-place', '--yes', '--reload', '--config-dir', etc)
    expect({status, stderr}).toMatchObject({status: 69, stderr: expect.stringContaining('NOT_RUNNING')})
    expect(readFileSync(map, 'latin1')).toBe(TABLE)
  })
})

describe('what is refused, and changes nothing', () => {
  test.each([
    [[], 64, 'Missing'],
    [['MAP', '--in-place', '--to', 'pcre', '--yes'], 64, 'main.cf'],
    [['MAP', '--in-place', '-o', 'x'], 64, ''],
    [['regexp:{{/a/ b}}', '--in-place', '--yes'], 64, 'main.cf'],
    [['/nowhere/map.regexp'], 66, '/nowhere/map.regexp'],
    [['regexp:/'], 66, 'plain file'],
    [['noext'], 64, 'regexp:'],
    [['MAP', '--goal', 'small'], 64, 'goal'],
    [['MAP', '-o', '/nowhere/out'], 66, '/nowhere'],
  ])('%j', (args, status, text) => {
    const ended = mailops(...args.map(arg => (arg === 'MAP' ? map : arg)))
    expect({status: ended.status, stderr: ended.stderr}).toMatchObject({status})
    expect(ended.stderr).toContain(text)
    expect(readFileSync(map, 'latin1')).toBe(TABLE)
  })
})

test('what Postfix would warn about is told and left exactly as it is', () => {
  writeFileSync(map, `${LISTS.join('')}/broken\n/a(b/ x\nif /(/\n/c/ d\nendif\n\n`)
  const {status, stdout, stderr} = mailops(map)
  expect(status).toBe(0)
  expect(stdout.endsWith('/broken\n/a(b/ x\nif /(/\n/c/ d\nendif\n\n')).toBe(true)
  expect(stderr).toContain(`${map}:21: `)
  expect(document(map)['findings'].map(({line}: {line: number}) => line)).toEqual([21, 22, 23, 25])
})

test('a map of Mailman: the header stays, the hint tells what to do', () => {
  writeFileSync(map, `# AUTOMATICALLY GENERATED BY MAILMAN ON 2026-01-01\n\n${LISTS.join('\n')}`)
  const {stdout, stderr} = mailops(map)
  expect(stdout).toMatch(/^# AUTOMATICALLY GENERATED BY MAILMAN ON 2026-01-01\n\n\/\^\(dev[^\n]*\n$/)
  expect(stderr).toContain(`mailman aliases && mailops postfix optimize-regexp regexp:${map} --config-dir ${base}/nothing -o ${map}.small --force --quiet && postfix -c ${base}/nothing reload`)
  expect(mailops(map, '--goal', 'memory', '--to', 'pcre').stderr).toContain(` regexp:${map} --goal memory --to pcre --config-dir ${base}/nothing -o `)
})

test('--to: the other dialect where it is proven, else every rule that stands in the way', () => {
  const found = document(map, '--to', 'pcre')
  expect(found).toMatchObject({type: 'pcre', proof: {verdict: 'proven'}, rules: {before: 21, after: 2}})
  expect(found['output'].text).toContain('(?:')
  writeFileSync(map, '/^a(b)\\1/ x\n/c/ $$\n')
  const refused = mailops(map, '--to', 'pcre')
  expect(refused.status).toBe(65)
  expect(refused.stderr).toContain('line 1: ')
})

test('--goal readable: one line a list, in the order of the lists', () => {
  const {stdout} = mailops(map, '--goal', 'readable')
  const names = stdout.split('\n').map(line => /^\/\^([a-z-]+)\(/.exec(line)?.[1]).filter(name => name !== undefined)
  expect(names).toEqual(['dev', 'dev-core', 'users', 'press'])
})

test('--goal readable: what was said about a list stands above its line, and a second run changes nothing', () => {
  const said = ['dev', 'users', 'press'].map(name => `# the list ${name}\n/^${name}-(join|leave)@x\\.org$/ mm:\n/^${name}-(owner|bounces)@x\\.org$/ mm:\n\n`)
  writeFileSync(map, said.join(''))
  const {stdout} = mailops(map, '--goal', 'readable')
  const lines = stdout.split('\n').filter(line => line !== '')
  expect(lines.map(line => /(?:list |\^)(\w+)/.exec(line)?.[1])).toEqual(['dev', 'dev', 'users', 'users', 'press', 'press'])
  writeFileSync(map, stdout)
  expect(mailops(map, '--goal', 'readable').stdout).toBe(stdout)
})

test.skipIf(!hasPostmap)('--measure tells what real processes take (needs postmap)', () => {
  const {memory} = document(map, '--measure')
  expect(memory.measured.coldAfter).toBeLessThan(memory.measured.coldBefore)
  expect(existsSync(join(base, 'state'))).toBe(false)
})
