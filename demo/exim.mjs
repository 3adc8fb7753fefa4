// The Exim part of the demo: cPanel's monitor cannot log in, the keys are renewed, proved by a login, and taken back.
import {spawn} from 'node:child_process'
import {chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {once} from 'node:events'
import {join} from 'node:path'

const KEY = 'tr -dc A-Za-z0-9 </dev/urandom | head -c 16'
const isRoot = process.getuid?.() === 0
const group = isRoot ? Number(/^mail:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1] ?? 0) : process.getgid?.()

// As much of cPanel as it takes: the directory, its switch file, and a restart after which missing keys are made.
const makeCpanel = directory => {
  const varCpanel = join(directory, 'var/cpanel')
  const base = join(varCpanel, 'serviceauth')
  mkdirSync(join(base, 'exim'), {recursive: true})
  writeFileSync(join(varCpanel, 'exim_service_auth_enable'), '')
  for (const [name, key] of [['send', 'k3ySendOfToday01'], ['recv', 'k3yRecvOfToday01']]) {
    writeFileSync(join(base, 'exim', name), key)
    chmodSync(join(base, 'exim', name), 0o640)
  }
  for (const path of ['exim', 'exim/send', 'exim/recv']) chownSync(join(base, path), process.getuid?.() ?? 0, group)
  chmodSync(join(base, 'exim'), 0o750)
  chmodSync(base, 0o711)
  const restart = join(directory, 'restartsrv_tailwatchd')
  const restarted = join(directory, 'restarted')
  writeFileSync(restart, `#!/bin/sh
set -eu
cd '${base}'
umask 027
if [ ! -e exim ]; then
  mkdir exim
  for key in send recv; do ${KEY} > exim/$key; done
  chgrp ${group} exim exim/send exim/recv
fi
touch '${restarted}'
`, {mode: 0o755})
  return {base, restart, restarted}
}

const stamp = date => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')} ${date.toTimeString().slice(0, 8)}`

/** An hour of a monitor that is refused every five minutes, among other things. */
const makeLog = directory => {
  const log = join(directory, 'exim_mainlog')
  const lines = []
  for (let minutes = 60; minutes > 0; minutes -= 5) {
    const at = stamp(new Date(Date.now() - minutes * 60_000))
    lines.push(`${at} dovecot_plain authenticator failed for (localhost) [127.0.0.1]:${40_000 + minutes}: 535 Incorrect authentication data (set_id=__cpanel__service__auth__exim__k3ySendOfToday01)`)
    lines.push(`${at} dovecot_login authenticator failed for (pc) [203.0.113.7]:5${minutes}: 535 Incorrect authentication data (set_id=info${minutes}@shop.example)`)
  }
  writeFileSync(log, `${lines.join('\n')}\n`)
  return log
}

const picture = directory =>
  readdirSync(directory, {recursive: true}).map(String).toSorted().map(name => {
    const {mode, uid, gid, ino} = lstatSync(join(directory, name))
    return `${name} ${mode.toString(8)} ${uid}:${gid} ${ino}`
  }).join('\n')

const startServer = async (base, restarted) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'exim-login-server.mjs'), base, restarted], {stdio: ['pipe', 'pipe', 'inherit']})
  const [port] = await once(child.stdout, 'data')
  return {port: Number(port), stop: () => child.stdin.end()}
}

/** @param demo what demo/run.mjs gives to each part */
export const eximDemo = async ({sandbox, mailops, title, say}) => {
  title('Exim on cPanel: 535 Incorrect authentication data')
  const directory = join(sandbox, 'cpanel')
  mkdirSync(directory)
  const {base, restart, restarted} = makeCpanel(directory)
  const log = makeLog(directory)
  const before = picture(join(directory, 'var'))
  const server = await startServer(base, restarted)
  try {
    const reset = ['exim', 'reset-serviceauth', '--dir', base, '--log', log, '--restart-command', restart, '--verify', `127.0.0.1:${server.port}`]
    say('Who fails to log in, and why?')
    mailops(['exim', 'auth-failures', log])
    say('The monitor is refused with its own keys. Is something wrong with their files?')
    mailops(['exim', 'serviceauth', '--dir', base])
    say('No: whoever checks them holds others. What would be done about it?')
    mailops([...reset, '--dry-run'])
    say('Do it. The login at the end proves the new keys; were it refused, the old ones would be put back.')
    mailops([...reset, '--yes'])
    say('And all of it can be taken back.')
    mailops(['undo', 'last', '--yes'])
    if (picture(join(directory, 'var')) !== before) throw new Error('serviceauth is not as it was')
    say('The old keys are in place again, with inode, owner and mode.')
  } finally {
    server.stop()
  }
}
