// mailops postfix estimate, lint-regexp, explain, convert-regexp and doctor as a user runs them.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {beforeEach, describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {findPostmap} from '../support/postmap.js'

const BIN = join(import.meta.dirname, '../../../../bin/run.js')
const postmap = findPostmap()

let base: string
beforeEach(() => {
  base = temporaryDirectory('inspect')
})

const file = (name: string, text: string): string => {
  const path = join(base, name)
  writeFileSync(path, text, 'latin1')
  // Postfix distrusts a table that was written just now.
  utimesSync(path, 1_000_000_000, 1_000_000_000)
  return path
}

const mailops = (args: readonly string[], {input = '', env = {}}: {input?: string; env?: Record<string, string>} = {}) => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8', input, cwd: '/',
    env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), NO_COLOR: '1', MAIL_CONFIG: base, ...env},
  })
  return {status, stdout, stderr}
}

const rows = (text: string): Record<string, any>[] =>
  text.split('\n').filter(Boolean).map(line => JSON.parse(line) as Record<string, any>)

/** A configuration in the test's directory, which MAIL_CONFIG names. */
const configure = (main: string): void => {
  mkdirSync(join(base, 'spool'), {recursive: true})
  file('main.cf', `compatibility_level = 3.6\nmyhostname = mx.example.com\nqueue_directory = ${base}/spool\n${main}\n`)
  file('master.cf', 'smtp inet n - n - 30 smtpd\nrewrite unix - - n - 2 trivial-rewrite\n')
}

const LISTS = '/^(go|qa(-devel)?)(-(join|leave))?@lists\\.example\\.com$/ mailman:\n'

describe('estimate', () => {
  test('tells memory by rule and, from the configuration, by daemon', () => {
    const map = file('r.regexp', LISTS + '/^x@y\\.z$/ smtp:\n')
    configure(`transport_maps = regexp:${map}`)
    const {status, stdout} = mailops(['postfix', 'estimate', map, '--json'])
    expect(status).toBe(0)
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({map: `regexp:${map}`, type: 'regexp', rules: 2, memory: {measured: null}})
    expect(document.memory.model.warm).toBeGreaterThan(document.memory.model.cold)
    if (postmap === undefined) return
    expect(document.daemons).toMatchObject([{name: 'rewrite/unix', parameter: expect.stringContaining('transport_maps'), processes: 2, limit: 2, running: null}])
    expect(document.memory.machine).toEqual({copies: 2, bytes: 2 * document.memory.model.resident})
    const text = mailops(['postfix', 'estimate', map, '--top', '1']).stdout
    expect(text).toMatch(/trivial-rewrite \(rewr.* transport_maps/)
    expect(text.split('\n').every(line => line.length <= 80)).toBe(true)
  })

  test.skipIf(postmap === undefined)('--measure asks a real process (needs postmap)', () => {
    const map = file('m', Array.from({length: 300}, (_, at) => `/^user${at}@example\\.org$/ OK\n`).join(''))
    const {status, stdout, stderr} = mailops(['postfix', 'estimate', `regexp:${map}`, '--measure', '--processes', '150', '--json'])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const {memory} = JSON.parse(stdout)
    expect(Math.abs(memory.measured.cold / memory.model.cold - 1)).toBeLessThan(0.08)
    expect(memory.machine).toEqual({copies: 150, bytes: 150 * memory.measured.warm})
  })

  test('doubt, absence and junk have their statuses', () => {
    expect(mailops(['postfix', 'estimate', file('untyped', 'x')])).toMatchObject({status: 64, stderr: expect.stringContaining('MAP_TYPE')})
    expect(mailops(['postfix', 'estimate', 'regexp:/no/such/file']).status).toBe(66)
    expect(mailops(['postfix', 'estimate', 'hash:/etc/aliases']).status).toBe(64)
    expect(mailops(['postfix', 'estimate']).status).toBe(64)
    const junk = file('junk', String.fromCharCode(...Array.from({length: 4_000}, (_, at) => (at * 7919) % 256)))
    expect(mailops(['postfix', 'estimate', `pcre:${junk}`]).status).toBe(0)
  })
})

describe('lint-regexp', () => {
  test('file:line, code and status 1; NDJSON; --ignore', () => {
    const map = file('l', '/^a@example.com$/ x\n/^a@example\\.com$/ y\n')
    const {status, stdout} = mailops(['postfix', 'lint-regexp', `regexp:${map}`])
    expect(status).toBe(1)
    expect(stdout).toContain(`${map}:1: warning: `)
    expect(stdout).toContain('[shadowed-rule]')
    const found = rows(mailops(['postfix', 'lint-regexp', `regexp:${map}`, '--json']).stdout)
    expect(found.map(({code, line}) => `${code}:${line}`)).toEqual(['unescaped-dot:1', 'shadowed-rule:2'])
    expect(found[1]).toMatchObject({map: `regexp:${map}`, related: [1], severity: 'warning'})
    const ignored = mailops(['postfix', 'lint-regexp', `regexp:${map}`, '--ignore', 'unescaped-dot', '--ignore', 'shadowed-rule'])
    expect(ignored).toMatchObject({status: 0, stdout: ''})
    const first = mailops(['postfix', 'lint-regexp', '--ignore', 'unescaped-dot', `regexp:${map}`])
    expect(first).toMatchObject({status: 1, stdout: expect.stringContaining('[shadowed-rule]')})
  })

  test.skipIf(postmap === undefined)('several maps; $1 where main.cf forbids it (needs postfix)', () => {
    const first = file('one.regexp', '/^(.*)@a\\.b$/ smtp:$1\n')
    const second = file('two.pcre', '/^a@b\\.c$/ OK\n')
    configure(`transport_maps = regexp:${first}`)
    const {status, stdout} = mailops(['postfix', 'lint-regexp', first, second, '--json'])
    expect(status).toBe(1)
    expect(rows(stdout)).toMatchObject([{map: `regexp:${first}`, code: 'substitution-forbidden', line: 1}])
  })

  test('control characters of a map never reach the terminal', () => {
    const map = file('c', '/a\x1b]0;x\x07/OK\n')
    const {stdout} = mailops(['postfix', 'lint-regexp', `regexp:${map}`])
    expect(stdout).not.toContain('\x1b')
  })
})

test.skipIf(postmap === undefined)('a configuration that cannot be read is no obstacle where --recipient-delimiter tells what it would (needs postconf)', () => {
  configure('')
  rmSync(join(base, 'master.cf'))
  const map = file('r', '/^a@b\\.c$/ x\n')
  const {status, stdout, stderr} = mailops(['postfix', 'convert-regexp', `regexp:${map}`, '--to', 'texthash', '--recipient-delimiter', ''])
  expect({status, stdout}).toEqual({status: 0, stdout: 'a@b.c\tx\n'})
  expect(stderr).toContain('master.cf')
  expect(mailops(['postfix', 'convert-regexp', `regexp:${map}`, '--to', 'texthash']).status).toBe(78)
})

test('a wrong number is told in one line', () => {
  const {status, stderr} = mailops(['postfix', 'estimate', '--top', '-1', 'regexp:x'])
  expect(status).toBe(64)
  expect(stderr).toContain('mailops: --top: expected an integer')
})

test('a table in braces may have its type from --type', () => {
  const table = '{{/^a@b\\.c$/ x}, {/^d@b\\.c$/ y}}'
  const {status, stdout} = mailops(['postfix', 'explain', '--type', 'pcre', table, 'd@b.c', '--json'])
  expect(status).toBe(0)
  expect(rows(stdout)).toMatchObject([{original: {verdict: 'answered', result: 'y'}}])
  expect(JSON.parse(mailops(['postfix', 'estimate', '--type', 'regexp', table, '--json']).stdout)).toMatchObject({map: `regexp:${table}`, rules: 2})
})

describe('explain', () => {
  test('names rule, guards, captures and the optimised rule', () => {
    const map = file('e', 'if /@x\\.org$/\n/^(.*)-join@x\\.org$/ join:$1\nendif\n/^foo@y\\.org$/ A\n/^bar@y\\.org$/ A\n')
    const {status, stdout} = mailops(['postfix', 'explain', `regexp:${map}`, 'Go-join@x.org', 'bar@y.org', 'none@z', '--json'])
    expect(status).toBe(0)
    const [join_, bar, none] = rows(stdout)
    expect(join_).toMatchObject({
      address: 'Go-join@x.org', same: true,
      original: {verdict: 'answered', line: 2, result: 'join:Go', captures: ['Go'], guards: [{line: 1, negated: false}]},
    })
    expect(bar).toMatchObject({original: {line: 5, result: 'A'}, optimized: {result: 'A'}, same: true})
    expect(none).toMatchObject({original: {verdict: 'none'}, optimized: {verdict: 'none'}})
  })

  test('addresses from standard input only with -', () => {
    const map = file('i', '/^a@b$/ x\n')
    const {stdout} = mailops(['postfix', 'explain', `regexp:${map}`, '-', '--json'], {input: 'a@b\n\nc@d\n'})
    expect(rows(stdout).map(({address}) => address as string)).toEqual(['a@b', 'c@d'])
    expect(mailops(['postfix', 'explain', `regexp:${map}`], {input: 'a@b\n'}).status).toBe(64)
  })

  test.skipIf(postmap === undefined)('asks postmap where only the engine can tell (needs postmap)', () => {
    const map = file('b', '/^(a+)\\1@b$/ twice:$1\n/@b$/ other\n')
    const {stdout} = mailops(['postfix', 'explain', `regexp:${map}`, 'aaaa@b', 'aaa@b', '--json', '--no-optimized'])
    expect(rows(stdout).map(({original}) => original)).toMatchObject([
      {by: 'postmap', line: 1, result: 'twice:aa'},
      {by: 'postmap', line: 2, result: 'other'},
    ])
  })
})

describe('a postmap that is no help', () => {
  /** A postmap that reads its keys, says this and fails; the real one otherwise. */
  const fake = (says: string): Record<string, string> => {
    mkdirSync(join(base, 'bin'))
    writeFileSync(join(base, 'bin/postmap'), `#!/bin/sh\ncat >'${base}/keys'\nulimit -v >'${base}/limit'\necho "postmap: ${says}" >&2\nexit 1\n`, {mode: 0o755})
    return {PATH: `${base}/bin:${process.env['PATH']}`}
  }
  const NO_PCRE = 'fatal: open dictionary: unsupported dictionary type: pcre. Is the postfix-pcre package installed?'

  test('without postfix-pcre maps are linted and explained all the same, with a warning that says what is missing', () => {
    const env = fake(NO_PCRE)
    const map = file('n', '/^a@b\\.c$/ x\n/^(a+)+$/ y\n')
    const linted = mailops(['postfix', 'lint-regexp', `pcre:${map}`, '--json'], {env})
    expect(linted.status).toBe(1)
    expect(rows(linted.stdout).map(({code}) => code)).toEqual(['catastrophic-backtracking'])
    expect(linted.stderr).toContain('unsupported dictionary type')
    const explained = mailops(['postfix', 'explain', `pcre:${map}`, 'a@b.c', '--json'], {env})
    expect(explained.status).toBe(0)
    expect(rows(explained.stdout)).toMatchObject([{original: {verdict: 'answered', line: 1}, same: true}])
    // Once: the optimised map would not be opened either.
    expect(explained.stderr.match(/postfix-pcre/g)).toHaveLength(1)
    const converted = mailops(['postfix', 'convert-regexp', `pcre:${file('n2', '/^a@b\\.c$/ x\n')}`, '--to', 'texthash', '-o', join(base, 'out'), '--recipient-delimiter', '', '--json'], {env})
    expect(JSON.parse(converted.stdout)).toMatchObject({keys: 1, verified: null})
    expect(converted.stderr).toContain('was not compared')
  })

  test('a map beyond its memory tells nothing of the other rules, which it answers as if the big one were not there', () => {
    const env = fake('warning: regexp map x, line 1: Memory exhausted')
    const {status, stdout, stderr} = mailops(['postfix', 'explain', `regexp:${file('m', '/^a{0,3}b/ x\n/^c/ y\n')}`, 'aab', '--json'], {env})
    expect(status).toBe(0)
    expect(rows(stdout)).toMatchObject([{original: {line: 1}}])
    expect(stderr).toContain('memory')
    if (existsSync('/usr/bin/prlimit')) expect(Number(readFileSync(join(base, 'limit'), 'utf8'))).toBeLessThanOrEqual(2 * 1024 * 1024)
  })
})

describe('explain and time', () => {
  test('a postmap that does not end is waited for once, and what it would have said is not made up', () => {
    mkdirSync(join(base, 'bin'))
    const calls = join(base, 'calls')
    // Called as it is, and not through a shell that would leave its child behind.
    writeFileSync(join(base, 'bin/postmap'), `#!/bin/sh\necho call >> '${calls}'\nexec sleep 300\n`, {mode: 0o755})
    const map = file('t', '/^(a+)\\1@b$/ twice\n/^c@b$/ C\n')
    const env = {PATH: `${base}/bin:${process.env['PATH']}`}
    const {status, stdout, stderr} = mailops(['postfix', 'explain', `regexp:${map}`, 'aa@b', 'c@b', '--budget', '2', '--json'], {env})
    expect(status).toBe(0)
    expect(readFileSync(calls, 'utf8')).toBe('call\n')
    expect(stderr).toContain('not done in time')
    expect(rows(stdout)).toMatchObject([{original: {verdict: 'unknown'}, same: null}, {original: {verdict: 'unknown'}}])
  }, 60_000)
})

describe('convert-regexp', () => {
  test('a table without end in sight is given up when --budget says so', () => {
    const map = file('nested', Array.from({length: 6}, (_, n) => `/^(([a-${'bcdefg'[n]}]{0,30}x){0,30}y)${n}@h\\.org$/ x\n`).join(''))
    const args = ['postfix', 'convert-regexp', `regexp:${map}`, '--to', 'cdb', '--recipient-delimiter', '']
    const {status, stdout, stderr} = mailops([...args, '--budget', '1'])
    expect({status, stdout}).toEqual({status: 1, stdout: ''})
    expect(stderr).toContain('CONVERT_TIME')
    expect(stderr).toContain('--budget')
  }, 60_000)

  const convert = (rule: string, ...more: string[]) =>
    mailops(['postfix', 'convert-regexp', `regexp:${file('f', rule)}`, '--to', 'texthash', '--recipient-delimiter', '', ...more])

  test('lists the keys of a finite map', () => {
    const {status, stdout} = convert(LISTS)
    expect(status).toBe(0)
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(9)
    expect(stdout).toContain('qa-devel-leave@lists.example.com\tmailman:\n')
  })

  test.each([
    ['/^a(\\+.*)?@b\\.c$/ x\n', 'CONVERT_INFINITE'],
    ['/^a@b\\.c/ x\n', 'CONVERT_INFINITE'],
    ['/^a@b\\.c$/i x\n', 'CONVERT_CASE'],
    ['/^([ab])@b\\.c$/ $1@d\n', 'CONVERT_CASE'],
    ['/^a.@b\\.c$/ x\n', 'CONVERT_UNSAFE_BYTE'],
    ['/^a$/ x\n', 'CONVERT_NO_ADDRESS'],
    ['/^(a)\\1@b\\.c$/ x\n', 'CONVERT_OPAQUE'],
  ])('%j cannot be converted, and says why: %s', (rule, code) => {
    const {status, stderr} = convert(`/^first@b\\.c$/ x\n${rule}`)
    expect(status).toBe(1)
    expect(stderr).toContain(code)
    expect(stderr).toContain('line 2')
  })

  test.skipIf(postmap === undefined)('a map that answers nothing is an empty table, without a warning (needs postmap)', () => {
    const {status, stderr} = convert('# nothing yet\n', '-o', join(base, 'empty'))
    expect({status, stderr}).toMatchObject({status: 0, stderr: expect.not.stringContaining('warning')})
    expect(readFileSync(join(base, 'empty'), 'utf8')).toBe('')
  })

  test.skipIf(postmap === undefined)('an index without its source is not overwritten (needs postmap)', () => {
    const index = file('used.db', 'in use')
    const {status, stderr} = mailops(['postfix', 'convert-regexp', `regexp:${file('u', LISTS)}`, '--to', 'hash', '--recipient-delimiter', '', '-o', join(base, 'used')])
    expect({status, stderr}).toMatchObject({status: 73, stderr: expect.stringContaining(index)})
    expect(readFileSync(index, 'utf8')).toBe('in use')
  })

  test('recipient_delimiter is asked for, and prevents it', () => {
    const map = file('d', LISTS)
    const args = ['postfix', 'convert-regexp', `regexp:${map}`, '--to', 'cdb']
    expect(mailops(args)).toMatchObject({status: 64})
    expect(mailops([...args, '--recipient-delimiter', '+'])).toMatchObject({status: 1, stderr: expect.stringContaining('CONVERT_DELIMITER')})
    if (postmap === undefined) return
    configure('recipient_delimiter = -')
    expect(mailops(args)).toMatchObject({status: 1, stderr: expect.stringContaining('recipient_delimiter = -')})
  })

  test.skipIf(postmap === undefined).each(['texthash', 'hash', 'cdb', 'lmdb'])('-o builds %s, readable as the map, and asks both (needs postmap)', type => {
    const map = file('s', LISTS)
    const output = join(base, 'indexed')
    configure('recipient_delimiter =')
    const args = ['postfix', 'convert-regexp', `regexp:${map}`, '--to', type, '-o', output]
    const {status, stdout, stderr} = mailops([...args, '--json'])
    expect(stderr).not.toContain('warning')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({keys: 9, verified: {differences: 0}, output: {path: output}})
    expect(readFileSync(output, 'utf8').split('\n')).toHaveLength(10)
    expect(statSync(output).mode).toBe(statSync(map).mode)
    if (type !== 'texthash') expect(existsSync(`${output}.${type === 'hash' ? 'db' : type}`)).toBe(true)
    expect(mailops(args)).toMatchObject({status: 73, stderr: expect.stringContaining('OUTPUT_EXISTS')})
    expect(mailops([...args, '--force']).status).toBe(0)
    expect(mailops(['postfix', 'convert-regexp', `regexp:${map}`, '--to', type, '-o', map, '--force']).status).toBe(64)
  })
})

describe.skipIf(postmap === undefined)('doctor (needs postfix)', () => {
  test('names the maps in use, what they cost, and what is broken in them', () => {
    const map = file('t', `${Array.from({length: 400}, (_, at) => `/^user${at}@example\\.org$/ OK\n`).join('')}/a/OK\n`)
    configure(`transport_maps = regexp:${map}\nlocal_recipient_maps = pcre:${base}/missing`)
    const {stdout} = mailops(['doctor'])
    expect(stdout).toContain(`regexp:${map}: 400 rules`)
    expect(stdout).toContain('trivial-rewrite (at most 2;')
    expect(stdout).toMatch(/PROBLEM +regexp:.*line 401: unknown regexp option/)
    expect(stdout).toContain(`cannot read ${base}/missing`)
  })
})
