// The Debian packages by the real dpkg: they install, run from any directory as any user, upgrade, and go without a trace.
import {spawnSync} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {afterAll, beforeAll, describe, expect, test} from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const run = (command: string, args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(command, args, {encoding: 'utf8', cwd: '/', input: '', env: {...process.env, ...env}})

const why = (): string => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'installing packages wants root'
  if (run('dpkg-deb', ['--version']).status !== 0) return 'dpkg-deb is not here'
  // Somebody's own installation is not to be replaced by a test.
  return fs.existsSync('/usr/lib/mailops') ? 'mailops is installed on this machine' : ''
}
const reason = why()
if (reason !== '' && process.env['CI'] === 'true') throw new Error(`CI must be able to install packages: ${reason}`)

describe.skipIf(reason !== '')(reason || 'debian packages', () => {
  let built: string
  let debs: string[]
  beforeAll(() => {
    built = fs.mkdtempSync('/tmp/mailops-deb-')
    const {status, stderr, stdout} = run(process.execPath, [join(ROOT, 'packaging/deb.mjs'), built])
    expect({status, stderr}).toEqual({status: 0, stderr: ''})
    debs = stdout.trim().split('\n')
  })
  afterAll(() => {
    run('dpkg', ['--purge', 'mailops-greylist', 'mailops'])
    fs.rmSync(built, {recursive: true})
  })

  // Node need not have come as a package here.
  const install = () => run('dpkg', ['-i', '--force-depends', ...debs])

  test('install, run, upgrade, purge', {timeout: 600_000}, () => {
    expect(debs.map(path => path.replace(/.*\/|_.*/g, ''))).toEqual(['mailops', 'mailops-greylist'])
    const state = fs.mkdtempSync('/tmp/mailops-deb-state-')
    try {
      const installed = install()
      expect(installed.status, installed.stderr).toBe(0)
      expect(run('mailops', ['--version']).stdout).toMatch(/^mailops\/\d/)
      const doctor = run('mailops', ['doctor', '--json'], {MAILOPS_STATE_DIR: state})
      expect(doctor.stderr).toBe('')
      expect(doctor.stdout).not.toContain('Cannot find')
      const nobody = run('setpriv', ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'mailops', 'qmail', 'list', '--queue', '/nonexistent'], {HOME: '/nonexistent'})
      expect(nobody.status, nobody.stderr).toBe(66)
      for (const topic of ['qmail', 'postfix', 'exim', 'greylist', 'smartermail']) expect(run('mailops', [topic, '--help']).status, topic).toBe(0)
      expect(run('mailops-greylist', ['--version']).stdout).toMatch(/^mailops-greylist /)
      // The daemon-less filter opens the store itself: the addon is there and fits this Node.
      const filter = run('mailops', ['greylist', 'filter', '--db', join(state, 'grey.db'), '--', '/bin/echo', 'passed'], {TCPREMOTEIP: '203.0.113.9'})
      expect(filter.stdout, filter.stderr).toMatch(/^220 /)
      expect(run('mailops', ['greylist', 'list', '--db', join(state, 'grey.db'), '--socket', join(state, 'none.sock')])).toMatchObject({status: 0})
      // By dpkg's own list: slim images leave man pages out as they unpack.
      expect(run('dpkg', ['-L', 'mailops']).stdout).toContain('/usr/share/man/man1/mailops-qmail.1.gz\n')
      expect(run('getent', ['passwd', 'mailops']).status).toBe(0)
      expect(fs.readFileSync('/etc/mailops/greylist.json', 'utf8')).toContain('// "delay": "60s",')
      expect(fs.readFileSync('/usr/share/doc/mailops/copyright', 'utf8')).toContain('Salesforce')
      fs.writeFileSync('/etc/mailops/greylist.json', '{"delay": "90s"}\n')
      expect(install().status).toBe(0)
      expect(fs.readFileSync('/etc/mailops/greylist.json', 'utf8')).toBe('{"delay": "90s"}\n')
    } finally {
      fs.rmSync(state, {recursive: true})
    }
    const purged = run('dpkg', ['--purge', 'mailops-greylist', 'mailops'])
    expect(purged.status, purged.stderr).toBe(0)
    for (const path of ['/usr/lib/mailops', '/usr/bin/mailops', '/etc/mailops/greylist.json', '/var/lib/mailops/greylist']) expect(fs.existsSync(path), path).toBe(false)
  })
})
