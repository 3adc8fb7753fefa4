// A whole reset against a real Exim and an emulated cPanel: new keys that work, or everything as it was.
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {authPlain, createExim, dialogue, whyNoExim} from '../../../../test/support/exim/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {cliIn} from '../support/cli.js'
import {cpanelAuthenticator, emulateCpanel, tarList, type EmulatedCpanel} from '../support/cpanel.js'

const why = whyNoExim()
const realTest = test.skipIf(why !== '')

interface World {
  readonly cpanel: EmulatedCpanel
  readonly mailops: ReturnType<typeof cliIn>
  readonly directory: string
  reset(...args: string[]): ReturnType<ReturnType<typeof cliIn>>
  login(keys?: {send: string; recv: string}): Promise<string>
}

/** A cPanel, an Exim that asks its keys, and the command with all that has to be told. */
const withWorld = async (work: (world: World) => Promise<void>): Promise<void> => {
  const directory = temporaryDirectory('serviceauth')
  const cpanel = emulateCpanel(directory)
  const exim = createExim(directory, cpanelAuthenticator(cpanel.base))
  const mailops = cliIn(join(directory, 'mailops'))
  const daemon = await exim.daemon()
  const common = {'--dir': cpanel.base, '--restart-command': cpanel.restart, '--verify': `127.0.0.1:${daemon.port}`}
  // What a test gives itself counts.
  const usual = (args: readonly string[]): string[] =>
    Object.entries(common).flatMap(([flag, value]) =>
      args.includes(flag) || (flag === '--verify' && args.includes('--no-verify')) ? [] : [flag, value],
    )
  const login = async (keys = cpanel.keys('exim')): Promise<string> =>
    (
      await dialogue(daemon.port, [
        'EHLO localhost',
        ...authPlain(`__cpanel__service__auth__exim__${keys.send}`, keys.recv),
        'QUIT',
      ])
    )[2] ?? ''
  try {
    await work({
      cpanel,
      mailops,
      directory,
      login,
      reset: (...args) => mailops('exim', 'reset-serviceauth', ...args, ...usual(args)),
    })
  } finally {
    await daemon.stop()
  }
}

realTest(`new keys: proved by a login, the old ones in a backup of 0600, undone by undo ${why}`, () =>
  withWorld(async ({cpanel, mailops, reset, login, directory}) => {
    const before = cpanel.picture()
    const old = cpanel.keys('exim')
    expect(await login()).toMatch(/^235/)
    const dry = await reset('exim', '--dry-run')
    expect(dry).toMatchObject({status: 0, stderr: ''})
    expect(dry.stdout).toContain('new keys for exim')
    expect(cpanel.picture()).toEqual(before)

    const done = await reset('exim', '--yes', '--json')
    expect(done.status, done.stderr).toBe(0)
    const {backup, aside, proved, journalId} = done.json()
    expect(proved).toEqual(['exim'])
    expect(statSync(backup).mode & 0o777).toBe(0o600)
    expect(tarList(backup)).toMatch(/-rw-r----- 0\/\d+ +16 .*exim\/send/)
    expect(statSync(aside).mode & 0o777).toBe(0o700)
    expect(aside.startsWith(`${cpanel.base}/`), 'a directory in serviceauth would be a service').toBe(false)
    expect(readdirSync(cpanel.base).toSorted()).toEqual(['exim', 'icontact'])
    expect(cpanel.keys('exim')).not.toEqual(old)
    expect(await login()).toMatch(/^235/)
    expect(await login(old)).toMatch(/^535/)
    expect(cpanel.restarts()).toBe(1)
    for (const text of [done.stdout, done.stderr])
      for (const key of [...Object.values(old), ...Object.values(cpanel.keys('exim'))]) expect(text).not.toContain(key)

    const undone = await mailops('undo', journalId, '--yes')
    expect(undone.status, undone.stderr).toBe(0)
    expect(cpanel.picture()).toEqual(before)
    expect(cpanel.restarts()).toBe(2)
    expect(await login(old)).toMatch(/^235/)
    expect(existsSync(join(directory, 'mailops/state'))).toBe(true)
  }),
)

realTest(`keys that never come back: 75, everything as it was, restarted again ${why}`, () =>
  withWorld(async ({cpanel, reset, login}) => {
    const before = cpanel.picture()
    const ended = await reset(
      'exim',
      '--yes',
      '--wait',
      '1s',
      '--restart-command',
      `echo run >> ${cpanel.base}/../restarts`,
      '--json',
    )
    expect(ended.status).toBe(75)
    expect(ended.json().error).toMatchObject({code: 'KEYS_MISSING', message: expect.stringContaining('rolled back')})
    expect(cpanel.picture()).toEqual(before)
    expect(cpanel.restarts()).toBe(2)
    expect(await login()).toMatch(/^235/)
  }),
)

realTest(`keys of the wrong length or mode that come back are none: 75 says which ${why}`, () =>
  withWorld(async ({cpanel, reset}) => {
    const before = cpanel.picture()
    const short = `${cpanel.restart} && printf short > ${cpanel.base}/exim/send`
    const ended = await reset('exim', '--yes', '--wait', '1s', '--restart-command', short, '--json')
    expect(ended.json().error.message).toMatch(/exim\/send has 5 bytes, fewer than 16/)
    // The second run of the command, after the old keys were back, spoils them: that is its doing, not ours.
    expect(Object.keys(cpanel.picture())).toEqual(Object.keys(before))
    const closed = await reset(
      'icontact',
      '--yes',
      '--wait',
      '1s',
      '--no-verify',
      '--restart-command',
      `${cpanel.restart}; chmod 755 ${cpanel.base}/icontact`,
      '--json',
    )
    expect(closed.json().error.message).toMatch(/icontact has mode 0755, not 0700/)
  }),
)

realTest(`a server that does not take the new keys: 75, the old ones back ${why}`, () =>
  withWorld(async ({cpanel, mailops, login, directory}) => {
    const other = emulateCpanel(join(directory, 'other-cpanel'))
    const exim = createExim(join(directory, 'other-cpanel'), cpanelAuthenticator(other.base))
    const stale = await exim.daemon()
    try {
      const before = cpanel.picture()
      const ended = await mailops(
        'exim',
        'reset-serviceauth',
        'exim',
        '--dir',
        cpanel.base,
        '--restart-command',
        cpanel.restart,
        '--verify',
        `127.0.0.1:${stale.port}`,
        '--yes',
        '--json',
      )
      expect(ended.status, ended.stderr).toBe(75)
      expect(ended.json().error).toMatchObject({
        code: 'NOT_ACCEPTED',
        message: expect.stringMatching(/535 Incorrect authentication data; rolled back/),
      })
      expect(cpanel.picture()).toEqual(before)
      expect(await login()).toMatch(/^235/)
      expect((await mailops('history', '--json')).stdout).toContain('rolled-back')
    } finally {
      await stale.stop()
    }
  }),
)

realTest(`a permission fault is mended without a new key, and --force renews all the same ${why}`, () =>
  withWorld(async ({cpanel, mailops, reset, login}) => {
    const old = cpanel.keys('exim')
    chmodSync(join(cpanel.base, 'exim'), 0o700)
    chownSync(join(cpanel.base, 'exim/recv'), 0, 0)
    chmodSync(join(cpanel.base, 'exim/recv'), 0o600)
    expect(await login(), 'the fault').toMatch(/^435/)
    const state = await mailops('exim', 'serviceauth', '--dir', cpanel.base, '--json')
    expect(state.status).toBe(1)
    expect(state.json().services[0].anomalies.map(({code}: {code: string}) => code)).toEqual(['MODE', 'GROUP'])
    const broken = cpanel.picture()
    const ended = await reset('exim', '--yes', '--json')
    expect(ended.status, ended.stderr).toBe(0)
    expect(ended.json().services).toEqual([{service: 'exim', action: 'rights'}])
    expect(cpanel.keys('exim')).toEqual(old)
    expect(cpanel.restarts()).toBe(0)
    expect(await login()).toMatch(/^235/)
    expect((await mailops('undo', 'last', '--yes')).status).toBe(0)
    expect(cpanel.picture()).toEqual(broken)
    const forced = await reset('exim', '--force', '--yes', '--json')
    expect(forced.json()).toMatchObject({services: [{service: 'exim', action: 'renew'}], proved: ['exim']})
    expect(cpanel.keys('exim')).not.toEqual(old)
  }),
)

realTest(`rights that are put right and do not help: 75, and they are as they were ${why}`, async () => {
  const directory = temporaryDirectory('serviceauth')
  const cpanel = emulateCpanel(directory)
  // This Exim is not in group mail: right modes are of no use to it.
  const exim = createExim(directory, {...cpanelAuthenticator(cpanel.base), main: ''})
  chmodSync(join(cpanel.base, 'exim'), 0o700)
  const before = cpanel.picture()
  const daemon = await exim.daemon()
  try {
    const ended = await cliIn(join(directory, 'mailops'))(
      'exim',
      'reset-serviceauth',
      'exim',
      '--dir',
      cpanel.base,
      '--verify',
      `127.0.0.1:${daemon.port}`,
      '--yes',
      '--json',
    )
    expect(ended.status, ended.stderr).toBe(75)
    expect(ended.json().error).toMatchObject({
      code: 'NOT_ACCEPTED',
      message: expect.stringMatching(/ 435 .*rolled back/),
    })
    expect(cpanel.picture()).toEqual(before)
  } finally {
    await daemon.stop()
  }
})

realTest(`keys that are gone are made; --generate makes them where the monitor is switched off ${why}`, () =>
  withWorld(async ({cpanel, mailops, reset, login}) => {
    rmSync(join(cpanel.base, 'exim'), {recursive: true})
    expect((await reset('exim', '--yes')).status).toBe(0)
    expect(await login()).toMatch(/^235/)
    const off = join(cpanel.base, '../exim_service_auth_check_disabled')
    writeFileSync(off, '')
    const before = cpanel.picture()
    const refused = await reset('exim', '--yes', '--json')
    expect(refused.status).toBe(78)
    expect(refused.json().error).toMatchObject({
      code: 'SWITCHED_OFF',
      message: expect.stringContaining(off),
      hint: expect.stringContaining('--generate'),
    })
    expect(cpanel.picture()).toEqual(before)
    const made = await mailops(
      'exim',
      'reset-serviceauth',
      'exim',
      '--dir',
      cpanel.base,
      '--restart-command',
      'true',
      '--generate',
      '--no-verify',
      '--yes',
      '--json',
    )
    expect(made.status, made.stderr).toBe(0)
    expect(await login()).toMatch(/^235/)
    expect((await mailops('undo', made.json().journalId, '--yes')).status).toBe(0)
    expect(cpanel.picture()).toEqual(before)
  }),
)

realTest(`links, strange names and unknown services are refused, and nothing is touched ${why}`, () =>
  withWorld(async ({cpanel, reset, directory}) => {
    renameSync(join(cpanel.base, 'exim'), join(directory, 'elsewhere'))
    symlinkSync(join(directory, 'elsewhere'), join(cpanel.base, 'exim'))
    expect((await reset('exim', '--force', '--yes', '--json')).json().error).toMatchObject({code: 'SYMLINK', exit: 65})
    rmSync(join(cpanel.base, 'icontact/send'))
    symlinkSync('/etc/passwd', join(cpanel.base, 'icontact/send'))
    expect((await reset('icontact', '--force', '--yes', '--json')).json().error).toMatchObject({
      code: 'SYMLINK',
      exit: 65,
    })
    expect((await reset('../../etc', '--yes', '--json')).json().error).toMatchObject({code: 'BAD_SERVICE', exit: 64})
    expect((await reset('nosuch', '--yes', '--json')).json().error).toMatchObject({code: 'NO_SUCH_SERVICE', exit: 66})
    expect((await reset('exim', '--dir', '/nonexistent', '--yes', '--json')).json().error).toMatchObject({
      code: 'NO_SERVICEAUTH',
      exit: 66,
    })
    expect(cpanel.restarts()).toBe(0)
  }),
)
