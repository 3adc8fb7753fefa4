// Services behind commands: systemd (a stand-in for systemctl), init scripts, the administrator's commands, a bare process
import {spawn, spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {holder} from '../../src/effects/lock/index.js'
import {bareProcess, custom, detectService, stopped, systemd, sysv} from '../../src/effects/service/index.js'
import {endAllNaming, isFree, listen, processesNaming, running, script} from './service-support.js'

let dir: string
let lock: string
let daemon: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-commands-'))
  lock = join(dir, 'sendmutex')
  daemon = join(dir, 'daemon')
  writeFileSync(lock, '')
  writeFileSync(daemon, `#!/bin/sh
exec 9>>'${lock}'
flock -n 9 || exit 111
echo $$ >'${dir}/pid'
trap 'exit 0' TERM
while :; do sleep 0.05; done
`, {mode: 0o755})
  vi.stubEnv('PATH', `${dir}:${process.env['PATH']}`)
})
afterEach(() => {
  vi.unstubAllEnvs()
  endAllNaming(dir)
  rmSync(dir, {recursive: true, force: true})
})

const isDown = () => isFree(lock)
const whenUp = () => vi.waitFor(async () => expect(await isDown()).toBe(false), {timeout: 10_000})
const whenDown = () => vi.waitFor(async () => expect(await isDown()).toBe(true), {timeout: 10_000})
const lines = (name: string) => readFileSync(join(dir, name), 'utf8').trim().split('\n')
const startDaemon = async () => {
  const child = spawn(daemon, {stdio: 'ignore', detached: true})
  await whenUp()
  return child.pid!
}
/** A daemon that was slow to end: it waits for a file once it got SIGTERM, as qmail-send waits for its deliveries. */
const slowDaemon = () => {
  const text = readFileSync(daemon, 'utf8')
  writeFileSync(daemon, text.replace("trap 'exit 0' TERM", `trap 'until [ -e ${dir}/go ]; do sleep 0.05; done; exit 0' TERM`))
}

const start = () => `'${daemon}' >/dev/null 2>&1 &`
const stop = () => `kill "$(cat '${dir}/pid')"`

describe('a script with stop and start', () => {
  let init: string
  const withStatus = (status: number) => {
    init = join(dir, 'qmailctl')
    // As real ones do: the daemon keeps the script's stdout and stderr.
    writeFileSync(init, `#!/bin/sh
echo "$1" >>'${dir}/words'
case $1 in
  start) '${daemon}' & ;;
  stop) kill "$(cat '${dir}/pid')"; exit 1 ;;
  *) echo usage; exit ${status} ;;
esac
`, {mode: 0o755})
  }

  test.each([0, 1])('is stopped and started, its word "up" not being believed (status ends with %i)', async status => {
    withStatus(status)
    const pid = await startDaemon()
    const service = await detectService({pid, serviceNames: [], scripts: [init]})
    expect(service).toMatchObject({kind: 'sysv', name: init, servingPid: pid})
    expect(await service!.state()).toMatchObject({up: null})
    const {value, downtimeMs} = await stopped(service!, {isDown, timeoutMs: 10_000}, async () => {
      expect(await isDown()).toBe(true)
      return 5
    })
    expect(value).toBe(5)
    expect(downtimeMs).toBeGreaterThan(0)
    expect(await isDown()).toBe(false)
    expect(lines('words').filter(word => word !== 'status')).toEqual(['stop', 'start'])
    expect(Number(lines('pid')[0])).not.toBe(pid)
  })

  test.each([3, 0])('that was down stays down (status ends with %i)', async status => {
    withStatus(status)
    expect(await stopped(sysv(init), {isDown, timeoutMs: 10_000}, () => 1)).toMatchObject({value: 1, downtimeMs: 0})
    expect(lines('words').every(word => word === 'status')).toBe(true)
  })

  test('that cannot start it again says so, with what to type', async () => {
    withStatus(0)
    await startDaemon()
    writeFileSync(daemon, '#!/bin/sh\nexit 1\n', {mode: 0o755})
    const error = new Error('the work failed too')
    await expect(stopped(sysv(init), {isDown, timeoutMs: 10_000, startTimeoutMs: 500}, () => { throw error })).rejects.toMatchObject({
      code: 'SERVICE_NOT_STARTED', oclif: {exit: 69}, cause: error, message: expect.stringMatching(/qmailctl start.*before that: the work failed too/),
    })
  })
})

describe('commands of the administrator', () => {
  test('stop and start it; a start command may stay in the foreground', async () => {
    for (const startCommand of [start(), `exec '${daemon}'`]) {
      const pid = await startDaemon()
      const service = custom({name: 'qmail', stopCommand: stop(), startCommand, pid})
      expect((await stopped(service, {isDown, timeoutMs: 10_000}, isDown)).value).toBe(true)
      expect(await isDown()).toBe(false)
      const serves = Number(lines('pid')[0])
      expect(serves).not.toBe(pid)
      process.kill(serves, 'SIGTERM')
      await whenDown()
    }
    // The guardian that was parent of the one in the foreground goes home after it.
    await vi.waitFor(() => expect(processesNaming('mailops-guardian', dir)).toEqual([]), {timeout: 5_000})
  })

  test('a daemon started so has no signal ignored and none of our pipes', async () => {
    const pid = await startDaemon()
    const service = custom({name: 'qmail', stopCommand: stop(), startCommand: `exec '${daemon}'`, pid})
    await stopped(service, {isDown, timeoutMs: 10_000}, () => 1)
    const serves = Number(lines('pid')[0])
    const ignored = BigInt(`0x${/^SigIgn:\s*(\w+)/m.exec(readFileSync(`/proc/${serves}/status`, 'utf8'))![1]}`)
    for (const number of [1, 2, 13, 15]) expect(ignored >> BigInt(number - 1) & 1n, `signal ${number}`).toBe(0n)
    const {stdout} = spawnSync('sh', ['-c', `for f in 0 1 2 3; do readlink /proc/${serves}/fd/$f; done`], {encoding: 'utf8'})
    expect(stdout).toBe('/dev/null\n/dev/null\n/dev/null\n')
  })

  test('a stop command that hangs is ended at the limit of time, and the service is not touched', async () => {
    const pid = await startDaemon()
    const service = custom({name: 'qmail', stopCommand: `sleep 10000 '${dir}' || :`, startCommand: start()})
    const work = vi.fn()
    await expect(stopped(service, {isDown, timeoutMs: 200}, work)).rejects.toMatchObject({code: 'STOP_TIMEOUT', oclif: {exit: 75}})
    expect(work).not.toHaveBeenCalled()
    expect(running(pid)).toBe(true)
  })
})

describe('a process that nobody supervises', () => {
  test('is refused before it is stopped when there is no way to start it again', async () => {
    const pid = await startDaemon()
    const service = await detectService({pid, serviceNames: ['qmail-send'], scripts: []})
    expect(service).toMatchObject({kind: 'process', name: `process ${pid}`})
    await expect(stopped(service!, {isDown, timeoutMs: 1000}, () => 1)).rejects.toMatchObject({
      code: 'CANNOT_START', oclif: {exit: 64}, hint: expect.stringContaining('--start-command'),
    })
    await expect(service!.start()).rejects.toMatchObject({code: 'CANNOT_START'})
    expect(running(pid)).toBe(true)
    await service!.stop()
    await whenDown()
    await vi.waitFor(() => expect(service!.stop()).rejects.toMatchObject({code: 'ALREADY_DOWN'}))
    expect(() => bareProcess(pid)).toThrow(`there is no process ${pid}`)
  })

  test('comes back by the start command', async () => {
    const pid = await startDaemon()
    const service = await detectService({pid, serviceNames: [], scripts: [], startCommand: start()})
    expect((await stopped(service!, {isDown, timeoutMs: 10_000}, isDown)).value).toBe(true)
    expect((await holder(lock))!.pid).not.toBe(pid)
  })

  test('that ends only after the limit of time is started again when it has ended, by a process that outlives us', async () => {
    slowDaemon()
    const pid = await startDaemon()
    const heard = listen(script(`
      const service = services.bareProcess(${pid}, {startCommand: ${JSON.stringify(start())}})
      await services.stopped(service, {isDown: () => isFree(${JSON.stringify(lock)}), timeoutMs: 300}, () => console.log('worked'))`))
    expect(await heard.exited).toEqual({code: 75, signal: null})
    expect(heard.text()).toMatch(/^error STOP_TIMEOUT 75 .* process \d+ starts it again as soon as it has ended\n$/)
    expect(running(pid)).toBe(true)
    writeFileSync(join(dir, 'go'), '')
    await vi.waitFor(() => expect(running(pid)).toBe(false), {timeout: 5_000})
    await whenUp()
  })

  test('is started again when it has ended, after SIGKILL of ours while it was ending', async () => {
    slowDaemon()
    const pid = await startDaemon()
    const child = script(`
      const service = services.bareProcess(${pid}, {startCommand: ${JSON.stringify(start())}})
      let turns = 0
      const isDown = () => { if (turns++ === 2) console.log('waiting'); return false }
      await services.stopped(service, {isDown, timeoutMs: 60000}, () => console.log('worked'))`)
    const heard = listen(child)
    await heard.said('waiting')
    child.kill('SIGKILL')
    await heard.exited
    expect(running(pid)).toBe(true)
    writeFileSync(join(dir, 'go'), '')
    await vi.waitFor(() => expect(running(pid)).toBe(false), {timeout: 5_000})
    await whenUp()
  })
})

describe('systemd', () => {
  let systemdRun: string
  beforeEach(() => {
    systemdRun = join(dir, 'run-systemd')
    mkdirSync(systemdRun)
    // As systemctl(1) of one unit: `state` is what the manager knows, stop does not wait, start does.
    writeFileSync(join(dir, 'systemctl'), `#!/bin/sh
echo "$*" >>'${dir}/calls'
for unit; do :; done
pid=$(cat '${dir}/pid' 2>/dev/null)
case "$*" in
  'show -p LoadState,ActiveState,MainPID -- '*)
    state=$(cat '${dir}/state'); [ "$state" != deactivating ] || kill -0 $pid 2>/dev/null || state=inactive
    [ $state = active ] || pid=0
    printf 'LoadState=loaded\\nActiveState=%s\\nMainPID=%s\\n' $state $pid ;;
  '--no-block stop -- '*)
    [ ! -e '${dir}/refuse' ] || { echo 'Failed to stop: Interactive authentication required.' >&2; exit 1; }
    echo deactivating >'${dir}/state'; kill $pid ;;
  'start -- '*)
    [ "$(cat '${dir}/state')" != active ] || ! kill -0 $pid 2>/dev/null || exit 0
    while kill -0 $pid 2>/dev/null; do sleep 0.05; done
    rm -f '${dir}/pid'
    '${daemon}' >/dev/null 2>&1 &
    until [ -s '${dir}/pid' ]; do sleep 0.02; done
    echo active >'${dir}/state' ;;
  'kill --kill-who=main -s ALRM -- '*) echo alarm >>'${dir}/alarms' ;;
  'list-unit-files --no-legend --plain --no-pager -- qmail-send.service') echo 'qmail-send.service enabled enabled' ;;
  'list-unit-files '*) exit 1 ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`, {mode: 0o755})
    writeFileSync(join(dir, 'state'), 'active\n')
  })

  const found = async () => {
    const child = spawn(join(dir, 'systemctl'), ['start', '--', 'qmail-send.service'], {stdio: 'ignore', detached: true})
    await vi.waitFor(() => expect(child.exitCode).toBe(0), {timeout: 10_000})
    const service = await detectService({serviceNames: ['qmail', 'qmail-send'], serviceDirectories: [], scripts: [], systemdRun})
    expect(service).toMatchObject({kind: 'systemd', name: 'qmail-send.service'})
    return service!
  }

  test('stops and starts the unit, the lock deciding when it is down', async () => {
    const service = await found()
    const before = (await service.state()).pid
    const {value} = await stopped(service, {isDown, timeoutMs: 10_000}, async () => {
      // The lock is free a moment before the process is gone.
      await vi.waitFor(async () => expect(await service.state()).toMatchObject({up: false, pid: null, resume: null}), {timeout: 5_000})
      return isDown()
    })
    expect(value).toBe(true)
    const after = await service.state()
    expect(after).toMatchObject({up: true, pid: expect.any(Number)})
    expect(after.pid).not.toBe(before)
    await service.alarm!()
    expect(lines('alarms')).toEqual(['alarm'])
  })

  test('a unit that was inactive stays so', async () => {
    writeFileSync(join(dir, 'state'), 'inactive\n')
    expect(await stopped(systemd('qmail-send.service'), {isDown, timeoutMs: 1000}, () => 1)).toMatchObject({downtimeMs: 0})
    expect(lines('calls').every(call => call.startsWith('show'))).toBe(true)
  })

  test('a stop that is refused changes nothing, exit 77', async () => {
    const service = await found()
    writeFileSync(join(dir, 'refuse'), '')
    const before = await service.state()
    const work = vi.fn()
    await expect(stopped(service, {isDown, timeoutMs: 1000}, work)).rejects.toMatchObject({
      code: 'SERVICE_NOT_PERMITTED', oclif: {exit: 77}, message: expect.stringContaining('Interactive authentication required'),
    })
    expect(work).not.toHaveBeenCalled()
    expect((await service.state()).pid).toBe(before.pid)
  })

  test('without systemd, or without a unit of that name, nothing is found', async () => {
    const options = {serviceDirectories: [], scripts: []}
    expect(await detectService({...options, serviceNames: ['postfix'], systemdRun})).toBeNull()
    expect(await detectService({...options, serviceNames: ['qmail-send'], systemdRun: join(dir, 'none')})).toBeNull()
  })
})
