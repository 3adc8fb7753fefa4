// The command line as a process: statuses, streams, typos, pipes that end early, plugins planted in a home.
import {spawn, spawnSync} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {applyPlan, statePlace, type StatePlace} from 'mailops/effects'
import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from './support/temporary.js'

const RUN = join(import.meta.dirname, '../bin/run.js')

const mailops = (args: readonly string[], {env = {}, input = ''}: {env?: Record<string, string>; input?: string} = {}) => {
  const base = temporaryDirectory('cli')
  return spawnSync(process.execPath, [RUN, ...args], {
    encoding: 'utf8',
    input,
    env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), ...env},
  })
}

/** One journalled change, to be undone: BASE/made. */
const makeDirectoryBy = (base: string, place: StatePlace) =>
  applyPlan({subject: 'test', resource: base, changes: [{kind: 'mkdir', path: join(base, 'made'), why: ''}]}, {place})

describe('statuses and streams', () => {
  test('-V and --version', () => {
    for (const flag of ['-V', '--version']) expect(mailops([flag])).toMatchObject({status: 0, stdout: expect.stringMatching(/^mailops\/\d/)})
  })

  test('-h helps, on stdout', () => {
    const {status, stdout} = mailops(['undo', '-h'])
    expect(status).toBe(0)
    expect(stdout).toContain('take a change back')
  })

  test('a typo names the nearest command, runs nothing, 64', () => {
    const {status, stdout, stderr} = mailops(['histroy'])
    expect({status, stdout}).toEqual({status: 64, stdout: ''})
    expect(stderr).toBe("mailops: there is no command 'histroy' [NO_SUCH_COMMAND]\nmailops: try: mailops history --help\n")
  })

  test('a mistyped flag is one line, 64', () => {
    const {status, stderr} = mailops(['history', '--limt', '3'])
    expect(status).toBe(64)
    expect(stderr).toMatch(/^mailops: .*--limt.*\[USAGE\]\n/)
    expect(stderr.split('\n').length).toBeLessThan(5)
  })

  test('a usage error under --json is one small object with its status', () => {
    const {status, stdout, stderr} = mailops(['undo', '--json'])
    expect(status).toBe(64)
    expect(JSON.parse(stdout)).toEqual({error: {code: 'USAGE', message: expect.any(String), hint: 'mailops undo --help', exit: 64}})
    expect(stderr).toBe('')
  })

  test('an error keeps its status under --json', () => {
    const {status, stdout} = mailops(['undo', 'nothing', '--json'])
    expect(status).toBe(66)
    expect(JSON.parse(stdout)).toMatchObject({error: {code: 'NO_SUCH_CHANGE', exit: 66, hint: 'mailops history'}})
  })

  test('a missing argument is never taken from stdin', () => {
    const {status, stderr} = mailops(['undo'], {input: 'last\n'})
    expect(status).toBe(64)
    expect(stderr).toContain('id')
  })

  test('an empty history says so on stderr and prints no data', () => {
    expect(mailops(['history'])).toMatchObject({status: 0, stdout: '', stderr: 'nothing was changed by mailops here yet\n'})
    expect(mailops(['history', '--json'])).toMatchObject({status: 0, stdout: ''})
  })

  test('doctor tells what a script can read', () => {
    const {stdout} = mailops(['doctor', '--json'])
    const document = JSON.parse(stdout) as {findings: {code: string}[]}
    expect(document).toMatchObject({node: process.versions.node})
    expect(document.findings.map(({code}) => code)).toContain('NODE')
  })
})

test('a pipe that ends early is no error', async () => {
  const child = spawn('/bin/sh', ['-c', `"${process.execPath}" "${RUN}" help | head -1; echo "\${PIPESTATUS:-}"`], {stdio: ['ignore', 'pipe', 'pipe']})
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => (stdout += chunk))
  child.stderr.on('data', chunk => (stderr += chunk))
  await new Promise(resolve => child.on('close', resolve))
  expect(stdout).toContain('a way back')
  expect(stderr).toBe('')
})

test('standard output on a full disk is said in one line, 73', context => {
  if (!fs.existsSync('/dev/full')) return context.skip('needs /dev/full')
  const out = fs.openSync('/dev/full', 'w')
  const {status, stderr} = spawnSync(process.execPath, [RUN, 'doctor', '--json'], {encoding: 'utf8', stdio: ['ignore', out, 'pipe']})
  fs.closeSync(out)
  expect({status, stderr}).toEqual({
    status: 73,
    stderr: 'mailops: cannot write standard output: no space or no inodes left on its file system [ENOSPC]\n',
  })
})

test('a mistyped command under --json is one object, and nothing of it reaches a terminal raw', () => {
  const {status, stdout, stderr} = mailops(['his\u001b[31mx', '--json'])
  expect({status, stderr}).toEqual({status: 64, stderr: ''})
  expect(JSON.parse(stdout)).toMatchObject({error: {code: 'NO_SUCH_COMMAND', exit: 64}})
  expect(mailops(['his\u001b[31mx']).stderr).toContain("no command 'his\\x1b[31mx'")
})

test('an undo whose talk nobody hears any more is done all the same', async () => {
  const base = temporaryDirectory('cli')
  const env = {MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')}
  await makeDirectoryBy(base, statePlace(env))
  const child = spawn(process.execPath, [RUN, 'undo', 'last', '--yes'], {env: {...process.env, ...env}, stdio: ['ignore', 'pipe', 'pipe']})
  child.stdout.destroy()
  child.stderr.destroy()
  const status = await new Promise(resolve => child.on('exit', resolve))
  expect(status).toBe(0)
  expect(fs.existsSync(join(base, 'made'))).toBe(false)
})

describe('the question', () => {
  const pty = spawnSync('script', ['--version']).status === 0
  const ask = async (key: string) => {
    const base = temporaryDirectory('cli')
    const env = {MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run')}
    await makeDirectoryBy(base, statePlace(env))
    const child = spawn('script', ['-qec', `'${process.execPath}' '${RUN}' undo last`, '/dev/null'], {env: {...process.env, ...env}, stdio: ['pipe', 'pipe', 'inherit']})
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      if (text.endsWith('[y/N] ') || /\[y\/N\] [^\n]*\u001b\[\d+G$/.test(text)) child.stdin.write(key)
    })
    const status = await new Promise(resolve => child.on('close', resolve))
    return {status, text, made: fs.existsSync(join(base, 'made'))}
  }

  test('^C is 130, ^D and every other answer no, and nothing is changed', async context => {
    if (!pty) return context.skip('needs script(1), for a terminal')
    expect(await ask('\u0003')).toMatchObject({status: 130, text: expect.stringContaining('[INTERRUPTED]'), made: true})
    expect(await ask('\u0004')).toMatchObject({status: 1, text: expect.stringContaining('[DECLINED]'), made: true})
    expect(await ask('nyes\r')).toMatchObject({status: 1, text: expect.stringContaining('[DECLINED]'), made: true})
    return expect(await ask('y\r')).toMatchObject({status: 0, made: false})
  })
})

test('a state directory of somebody else is refused, 77', context => {
  if (process.getuid?.() !== 0) return context.skip('needs root, to make a directory of another user')
  const base = temporaryDirectory('cli')
  const state = join(base, 'state')
  fs.mkdirSync(state)
  fs.chownSync(state, 65534, 65534)
  const {status, stdout} = mailops(['doctor', '--json'], {env: {MAILOPS_STATE_DIR: state}})
  expect(status).toBe(1)
  expect(stdout).toContain('STATE_NOT_OURS')
})

test('a home that is not of who runs it is not looked into, and nothing is said of it', context => {
  if (process.getuid?.() !== 0) return context.skip('needs root, to become another user')
  const home = temporaryDirectory('home') // 0700, of root: as `runuser -u nobody` leaves HOME
  const env = {...process.env, HOME: home, MAILOPS_STATE_DIR: join('/nonexistent', 'state')}
  const {stderr, status} = spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, RUN, 'help'], {encoding: 'utf8', cwd: '/', env})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
})

test('no plugin is loaded from a home directory when the uid is 0', context => {
  if (process.getuid?.() !== 0) return context.skip('needs root: for others a home may have plugins')
  const home = temporaryDirectory('home')
  const data = join(home, '.local/share/mailops')
  const plugin = join(data, 'node_modules/planted')
  fs.mkdirSync(join(plugin, 'hooks'), {recursive: true})
  fs.writeFileSync(join(data, 'package.json'), JSON.stringify({name: 'home', version: '1.0.0', oclif: {schema: 1, plugins: [{name: 'planted', type: 'user'}]}, dependencies: {planted: '1.0.0'}}))
  fs.writeFileSync(join(plugin, 'package.json'), JSON.stringify({name: 'planted', version: '1.0.0', type: 'module', oclif: {hooks: {init: './hooks/init.js'}}}))
  fs.writeFileSync(join(plugin, 'hooks/init.js'), `import {writeFileSync} from 'node:fs'\nexport default async () => writeFileSync(${JSON.stringify(join(home, 'ran'))}, '')\n`)
  mailops(['history'], {env: {HOME: home, XDG_DATA_HOME: join(home, '.local/share'), MAILOPS_DATA_DIR: data}})
  expect(fs.existsSync(join(home, 'ran'))).toBe(false)
})
