// share/: the run scripts under a real supervise, the systemd units, a daemon with systemd's sockets; all as shipped.
import {spawn, spawnSync} from 'node:child_process'
import {chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, onTestFinished, test} from 'vitest'

import {filterForms} from '../../../plugins/greylist/test/support/forms.js'
import {freePort} from '../../support/free-port.js'
import {temporaryDirectory} from '../../support/temporary.js'
import {ask, deliver, plainClient} from './support/client.js'
import {answersOn, environmentOf, until} from './support/daemon.js'
import {isThere, whyNoTcpserver} from './support/tcpserver.js'

const SHARE = join(import.meta.dirname, '../../../share')
const RUN = join(import.meta.dirname, '../../../bin/run.js')
const isRoot = process.getuid?.() === 0

const needs = (...programs: string[]): string => {
  const missing = programs.filter(program => !isThere(program))
  const why = missing.length > 0 ? `no ${missing.join(', ')} on this machine` : isRoot ? '' : 'needs root'
  if (why !== '' && process.env['CI'] === 'true') throw new Error(`CI must have it: ${why}`)
  return why
}

/** Programs of ours under the names that an installation has. */
const installed = (directory: string): string => {
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  symlinkSync(RUN, join(bin, 'mailops'))
  copyFileSync(filterForms()[0]?.path ?? '', join(bin, 'mailops-greylist'))
  chmodSync(join(bin, 'mailops-greylist'), 0o755)
  return `${bin}:${process.env['PATH']}`
}

const why = whyNoTcpserver() || needs('supervise', 'softlimit', 'multilog', 'setuidgid')

describe.skipIf(why !== '')(`daemontools ${why}`, () => {
  test('both run scripts and the log: deferred, then accepted; killed, it is back', async () => {
    const directory = temporaryDirectory('service')
    chmodSync(directory, 0o755)
    const service = join(directory, 'service')
    cpSync(join(SHARE, 'daemontools'), service, {recursive: true})
    mkdirSync(join(service, 'mailops-greylist/log/main'))
    spawnSync('chown', ['nobody', join(service, 'mailops-greylist/log/main')])
    const qmail = join(directory, 'qmail')
    mkdirSync(join(qmail, 'control'), {recursive: true})
    mkdirSync(join(qmail, 'bin'))
    writeFileSync(join(qmail, 'control/me'), 'mx.test\n')
    writeFileSync(join(qmail, 'control/rcpthosts'), 'example.net\n')
    const queue = join(qmail, 'bin/qmail-queue')
    writeFileSync(queue, '#!/bin/sh\ncat >/dev/null && cat <&1 >/dev/null\n', {mode: 0o755})
    writeFileSync(join(qmail, 'bin/qmail-smtpd'), `#!/bin/sh\nexec env QMAILHOME=${qmail} QMAILQUEUE=${queue} mailfront smtp qmail qmail-validate add-received\n`, {mode: 0o755})
    const rules = join(directory, 'tcp.smtp.cdb')
    spawnSync('tcprules', [rules, `${rules}.tmp`], {input: ':allow,GREYLIST_DELAY="1s"\n'})
    const port = await freePort()
    const env = {
      ...environmentOf(directory), PATH: installed(directory), GREYLIST_USER: 'nobody', LOG_USER: 'nobody', QMAIL: qmail, RULES: rules,
      SMTP_USER: 'nobody', SMTP_ADDRESS: '127.0.0.1', SMTP_PORT: String(port), GREYLIST_SOCKET: join(directory, 'run/greylist.sock'),
    }
    const svscan = spawn('svscan', [], {cwd: service, env, stdio: 'ignore'})
    onTestFinished(async () => {
      svscan.kill()
      const all = ['mailops-greylist', 'mailops-greylist/log', 'qmail-smtpd'].map(name => join(service, name))
      for (const one of all) spawnSync('svc', ['-dxk', one])
      await until('the services to end', () => all.every(one => spawnSync('svstat', [one], {encoding: 'utf8'}).stdout.includes('not running')))
    })
    await until('the daemon', () => answersOn(env.GREYLIST_SOCKET))
    const code = async () => (await deliver(port).catch(() => ({code: 0}))).code
    await until('the server', async () => (await code()) === 450)
    await until('the retry', async () => (await code()) === 250)
    const main = join(service, 'mailops-greylist/log/main/current')
    await until('the log', () => existsSync(main) && /"reason":"retried"/.test(readFileSync(main, 'utf8')))
    spawnSync('svc', ['-k', join(service, 'mailops-greylist')])
    await until('the daemon again', async () => (await ask(env.GREYLIST_SOCKET, 'ping\n')) === 'pong\n')
    expect(await code()).toBe(250)
  }, 120_000)
})

const noSystemd = needs('systemd-analyze', 'systemd-socket-activate', 'systemd-notify')

describe.skipIf(noSystemd !== '')(`systemd ${noSystemd}`, () => {
  test('the units are sound', () => {
    const directory = temporaryDirectory('units')
    for (const name of readdirSync(join(SHARE, 'systemd')).filter(one => /\.(service|socket)$/.test(one))) {
      const text = readFileSync(join(SHARE, 'systemd', name), 'utf8')
      // The one change: where the program of this checkout is.
      writeFileSync(join(directory, name), text.replace('/usr/bin/mailops', RUN))
    }
    const {status, stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', ...readdirSync(directory).map(name => join(directory, name))], {encoding: 'utf8', env: {...process.env, SYSTEMD_UNIT_PATH: `${directory}:`}})
    expect(stderr.split('\n').filter(line => line.includes('mailops'))).toEqual([])
    expect(status).toBe(0)
  })

  test('sockets of systemd, by the names of the units; told when ready', async () => {
    const directory = temporaryDirectory('activated')
    const [filter, policy, exim, told] = ['f.sock', 'p.sock', 'e.sock', 'notify'].map(name => join(directory, name)) as [string, string, string, string]
    const names = ['greylist', 'greylist-policy', 'greylist-exim'].map(name => /^FileDescriptorName=(.*)$/m.exec(readFileSync(join(SHARE, `systemd/mailops-${name}.socket`), 'utf8'))?.[1])
    const heard = join(directory, 'heard')
    // Node has no datagram sockets in the file system; systemd's side is played by Perl.
    const listener = spawn('perl', ['-MSocket', '-e', '$|=1; socket S,AF_UNIX,SOCK_DGRAM,0; bind S,sockaddr_un($ARGV[0]) or die; open F,">>",$ARGV[1]; select F; $|=1; while (defined recv S,$_,4096,0) { print "$_\\n" }', told, heard], {stdio: 'ignore'})
    onTestFinished(() => void listener.kill())
    await until('the listener', () => existsSync(heard))
    const sockets = [filter, policy, exim].flatMap(path => ['-l', path])
    const environment = {...environmentOf(directory), NOTIFY_SOCKET: told}
    const passed = ['MAILOPS_STATE_DIR', 'MAILOPS_RUN_DIR', 'MAILOPS_CONFIG_DIR', 'NOTIFY_SOCKET', 'PATH'].flatMap(name => ['-E', name])
    const daemon = spawn('systemd-socket-activate', [...sockets, `--fdname=${names.join(':')}`, ...passed, process.execPath, RUN, 'greylist', 'serve', '--delay', '1h', '--no-spf'], {env: environment, stdio: 'ignore'})
    onTestFinished(() => void daemon.kill('SIGKILL'))
    await until('the sockets', () => [filter, policy, exim].every(path => existsSync(path)))
    expect(await ask(filter, 'connect ip=192.0.2.1\n')).toMatch(/^grey 3600 /)
    const postfix = plainClient({path: policy})
    postfix.socket.write('request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.2\nsender=a@b.example\nrecipient=c@d.example\n\n')
    expect(await postfix.expect(/\n\n/)).toMatch(/^action=DEFER_IF_PERMIT/)
    postfix.socket.destroy()
    expect(await ask(exim, '--grey 192.0.2.3 a@b.example c@d.example')).toBe('true')
    await until('READY=1', () => /^READY=1$/m.test(readFileSync(heard, 'utf8')))
  })
})
