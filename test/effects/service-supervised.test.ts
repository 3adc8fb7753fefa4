// Stopping and bringing back under the real daemontools, runit and s6: exceptions, signals, SIGKILL, slow and down services
import {appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {spawnSync} from 'node:child_process'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, onTestFinished, test, vi} from 'vitest'
import {holder} from '../../src/effects/lock/index.js'
import {daemontools, detectService, runit, s6, serviceAt, stopped, type Service} from '../../src/effects/service/index.js'
import {isFree, listen, missing, processesNaming, running, script, supervised, type Supervised} from './service-support.js'

const KINDS = [
  {kind: 'daemontools', make: daemontools, program: 'supervise', control: 'svc'},
  {kind: 'runit', make: runit, program: 'runsv', control: 'sv'},
  {kind: 's6', make: s6, program: 's6-supervise', control: 's6-svc'},
] as const

/** The lock is free a moment before the supervisor has noticed that the process ended. */
const untilSupervisorKnows = (service: Service) =>
  vi.waitFor(async () => expect(await service.state()).toMatchObject({up: false, pid: null}), {timeout: 5_000})

/** A process that has the service stopped, and its lock, until it is told to end. */
const keepStopped = (kind: string, s: Supervised, options = '') => script(`
  await services.stopped(services[${JSON.stringify(kind)}](${JSON.stringify(s.directory)}), {
    isDown: () => isFree(${JSON.stringify(s.lock)}), timeoutMs: 10000, ${options}
  }, async signal => {
    const lock = await locks.tryLock(${JSON.stringify(s.lock)})
    console.log('working', lock !== null)
    try { await forever(signal) } finally { await lock.release() }
  })`)

for (const {kind, make, program, control} of KINDS) {
  const absent = missing(program, control, 'flock')
  describe.skipIf(absent !== '')(`${kind}${absent === '' ? '' : `: ${absent} is not installed`}`, () => {
    let dir: string
    let current: Supervised
    const started = async (options = {}) => {
      current = await supervised(dir, program, options)
      return {...current, service: make(current.directory), isDown: () => isFree(current.lock)}
    }
    beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'mailops-service-')) })
    afterEach(() => {
      current.end()
      rmSync(dir, {recursive: true, force: true})
    })

    test('is found from its process, and through a link from its directory', async () => {
      const {lock, directory} = await started()
      const pid = (await holder(lock))!.pid
      const found = await detectService({pid, serviceNames: ['nothing']})
      expect(found).toMatchObject({kind, name: directory})
      expect(await found!.state()).toMatchObject({up: true, pid, goingDown: false})
      symlinkSync(directory, join(dir, 'qmail-send'))
      expect(await detectService({serviceNames: ['qmail-send', 'qmail'], serviceDirectories: [dir], scripts: []}))
        .toMatchObject({kind, name: directory})
      expect(serviceAt(join(dir, 'qmail'))).toBeNull()
    })

    test('is down during the work, and up as another process afterwards', async () => {
      const {lock, service, isDown} = await started()
      const before = (await service.state()).pid
      const {value, downtimeMs, interrupted} = await stopped(service, {isDown, timeoutMs: 10_000}, async () => {
        expect(await isFree(lock)).toBe(true)
        await untilSupervisorKnows(service)
        return 'done'
      })
      expect({value, interrupted}).toEqual({value: 'done', interrupted: null})
      const after = await service.state()
      expect(after).toMatchObject({up: true, goingDown: false})
      expect(after.pid).not.toBe(before)
      expect(downtimeMs).toBeGreaterThan(0)
      expect(downtimeMs).toBeLessThan(10_000)
      await vi.waitFor(async () => expect(await isFree(lock)).toBe(false), {timeout: 5_000})
    })

    test('is up again after an exception, which comes through as it is', async () => {
      const {service, isDown} = await started()
      const error = new Error('disk on fire')
      await expect(stopped(service, {isDown, timeoutMs: 10_000}, () => { throw error })).rejects.toBe(error)
      expect(await service.state()).toMatchObject({up: true, pid: expect.any(Number)})
    })

    test('that does not go down in time is left running, and nothing was done', async () => {
      const {service, isDown} = await started({trap: "trap '' TERM"})
      const before = await service.state()
      const work = vi.fn()
      await expect(stopped(service, {isDown, timeoutMs: 1_000}, work)).rejects.toMatchObject({
        code: 'STOP_TIMEOUT', oclif: {exit: 75}, message: expect.stringContaining(service.name),
      })
      expect(work).not.toHaveBeenCalled()
      // The same process, and its supervisor no longer wants it down; it writes that into its status in its own time.
      await vi.waitFor(async () => expect(await service.state()).toEqual(before), {timeout: 10_000})
    })

    test('that was down stays down', async () => {
      const {service, isDown} = await started()
      await service.stop()
      await vi.waitFor(async () => expect((await service.state()).up).toBe(false), {timeout: 5_000})
      const {value, downtimeMs} = await stopped(service, {isDown, timeoutMs: 5_000}, () => 1)
      expect({value, downtimeMs}).toEqual({value: 1, downtimeMs: 0})
      expect(await service.state()).toEqual({up: false, pid: null, goingDown: false, resume: null})
      await expect(service.stop()).rejects.toMatchObject({code: 'ALREADY_DOWN', oclif: {exit: 75}})
      await service.start()
      await vi.waitFor(async () => expect((await service.state()).pid).not.toBeNull(), {timeout: 5_000})
    })

    test('that is going down already is waited for, and not brought back', async () => {
      const go = join(dir, 'go')
      const {service, isDown} = await started({trap: `trap 'while [ ! -e ${go} ]; do sleep 0.05; done; exit 0' TERM`})
      await service.stop()
      await vi.waitFor(async () => expect(await service.state()).toMatchObject({goingDown: true}), {timeout: 10_000})
      const working = stopped(service, {isDown, timeoutMs: 10_000}, () => 2)
      writeFileSync(go, '')
      expect(await working).toMatchObject({value: 2, downtimeMs: 0})
      await untilSupervisorKnows(service)
    })

    test('gets SIGALRM', async () => {
      const heard = join(dir, 'heard')
      const {service} = await started({trap: `trap 'echo alarm >>${heard}' ALRM`})
      await service.alarm!()
      await vi.waitFor(() => expect(readFileSync(heard, 'utf8')).toBe('alarm\n'), {timeout: 5_000})
    })

    test('is up again after SIGKILL of the process that stopped it', async () => {
      const s = await started()
      const child = keepStopped(kind, s)
      const heard = listen(child)
      await heard.said('working true')
      await untilSupervisorKnows(s.service)
      child.kill('SIGKILL')
      await vi.waitFor(async () => expect(await s.service.state()).toMatchObject({up: true, pid: expect.any(Number)}), {timeout: 10_000})
      await vi.waitFor(async () => expect(await isFree(s.lock)).toBe(false), {timeout: 5_000})
    })

    test('after SIGKILL first runs the recovery; neither our lock nor our stdout is held meanwhile', async () => {
      const s = await started()
      const seen = join(dir, 'seen')
      const go = join(dir, 'go')
      const recovery = join(dir, 'recover it')
      // 75 the first time, as when the lock of the dying process is not free yet.
      writeFileSync(recovery, `#!/bin/sh
[ -e '${dir}/turn' ] || { : >'${dir}/turn'; exit 75; }
flock -n '${s.lock}' true && echo "free $1" >>'${seen}'
until [ -e '${go}' ]; do sleep 0.05; done
`, {mode: 0o755})
      const child = keepStopped(kind, s, `recoverArgv: [${JSON.stringify(recovery)}, "it's 1"],`)
      const heard = listen(child)
      await heard.said('working true')
      child.kill('SIGKILL')
      await heard.closed
      await vi.waitFor(() => expect(readFileSync(seen, 'utf8')).toBe("free it's 1\n"), {timeout: 10_000})
      expect(await isFree(s.lock)).toBe(true)
      await untilSupervisorKnows(s.service)
      appendFileSync(go, '')
      await vi.waitFor(async () => expect(await s.service.state()).toMatchObject({up: true, pid: expect.any(Number)}), {timeout: 10_000})
    })

    test('is up again when the process is killed before the service is down', async () => {
      const s = await started({trap: "trap '' TERM"})
      const before = await s.service.state()
      const child = keepStopped(kind, s)
      await vi.waitFor(async () => expect(await s.service.state()).toMatchObject({goingDown: true}), {timeout: 10_000})
      child.kill('SIGKILL')
      await vi.waitFor(async () => expect(await s.service.state()).toEqual(before), {timeout: 10_000})
    })

    test.each([['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const)('is up again before %s ends the process', async (name, exit) => {
      const s = await started()
      const child = keepStopped(kind, s)
      const heard = listen(child)
      await heard.said('working true')
      child.kill(name)
      child.kill(name)
      expect(await heard.exited).toEqual({code: exit, signal: null})
      expect(await s.service.state()).toMatchObject({up: true, pid: expect.any(Number)})
      expect(heard.text()).toContain(`error INTERRUPTED ${exit} stopped by ${name}`)
    })

    test('that we may not control is a clear error, and stays up', async () => {
      const s = await started()
      chmodSync(dir, 0o755)
      const heard = listen(script(
        `await services.stopped(services.${kind}(${JSON.stringify(s.directory)}), {isDown: () => false, timeoutMs: 1000}, () => console.log('worked'))`,
        {uid: 65534}))
      expect(await heard.exited).toEqual({code: 77, signal: null})
      expect(heard.text()).toMatch(/^error \S+ 77 .*denied/)
      expect(heard.text()).toContain(s.directory)
      expect(await s.service.state()).toMatchObject({up: true})
    })

    test('whose supervisor is dead is a clear error', async () => {
      const {service, end, isDown} = await started()
      end()
      await vi.waitFor(() => expect(service.state()).rejects.toMatchObject({code: 'NOT_SUPERVISED', oclif: {exit: 69}}), {timeout: 5_000})
      await expect(stopped(service, {isDown, timeoutMs: 1000}, () => 1)).rejects.toMatchObject({code: 'NOT_SUPERVISED'})
      current = {...current, end: () => {}}
    })

    test('comes back by our own hand when somebody killed the guardian', async () => {
      const s = await started()
      const guardians = () => processesNaming('mailops-guardian', s.directory)
      await stopped(s.service, {isDown: s.isDown, timeoutMs: 10_000}, async () => {
        expect(guardians()).toHaveLength(1)
        const [pid] = guardians()
        process.kill(pid!, 'SIGKILL')
        await vi.waitFor(() => expect(running(pid!)).toBe(false))
      })
      expect(await s.service.state()).toMatchObject({up: true, pid: expect.any(Number)})
    })
  })
}

const absent = missing('supervise', 'svc', 'flock')
describe.skipIf(absent !== '')(`daemontools, exactly as before ${absent}`, () => {
  test('a service that runs once, and one that is paused', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'mailops-service-'))
    const {directory, lock, end} = await supervised(dir, 'supervise')
    onTestFinished(() => {
      end()
      rmSync(dir, {recursive: true, force: true})
    })
    const service = daemontools(directory)
    const options = {isDown: () => isFree(lock), timeoutMs: 10_000}
    const want = () => String.fromCharCode(readFileSync(join(directory, 'supervise/status'))[17]!)
    expect(want()).toBe('u')
    spawnSync('svc', ['-o', directory])
    await vi.waitFor(() => expect(want()).toBe('\0'), {timeout: 5_000})
    await stopped(service, options, () => expect(want()).toBe('d'))
    expect(want()).toBe('\0')
    spawnSync('svc', ['-u', directory])
    spawnSync('svc', ['-p', directory])
    await vi.waitFor(async () => expect((await service.state()).resume).toEqual(['svc', '-up', directory]), {timeout: 5_000})
    await stopped(service, options, () => 1)
    // supervise(8) reads the second command a second after the start.
    await vi.waitFor(async () => expect((await service.state()).resume).toEqual(['svc', '-up', directory]), {timeout: 5_000})
  })
})
