// A real Postfix of its own on loopback: smtpd, queue manager and all, with lines of a test in main.cf.
import {spawnSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {onTestFinished} from 'vitest'

import {freePort} from '../../../support/free-port.js'
import {temporaryDirectory} from '../../../support/temporary.js'

/** Why no test with a real Postfix can run here: '' when one can. CI must have it. */
export const whyNoPostfix = (): string => {
  const why = !existsSync('/usr/sbin/postfix') ? 'real Postfix: not on this machine (test/packages.sh installs it)'
    : process.getuid?.() !== 0 ? 'real Postfix: needs root' : ''
  if (why !== '' && process.env['CI'] === 'true') throw new Error(`CI must have it: ${why}`)
  return why
}

const MAIN = (directory: string): string => `
compatibility_level = 3.6
queue_directory = ${directory}/spool
data_directory = ${directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = ${directory}/maillog
maillog_file_prefixes = ${directory}
myhostname = mx.test
inet_interfaces = loopback-only
inet_protocols = all
mydestination =
relay_domains = example.net
relay_transport = save
relay_recipient_maps =
alias_maps =
mynetworks = 192.0.2.250/32
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_delay_reject = yes
smtpd_peername_lookup = no
notify_classes =
`

// Name, private to root, wake-up, process limit, program: as Debian's master.cf has them, without chroot.
const SERVICES = [
  'pickup n 60 1 pickup', 'cleanup n - 0 cleanup', 'qmgr n 300 1 qmgr', 'tlsmgr - 1000? 1 tlsmgr', 'rewrite - - - trivial-rewrite', 'bounce - - 0 bounce',
  'defer - - 0 bounce', 'trace - - 0 bounce', 'verify - - 1 verify', 'flush n 1000? 0 flush', 'proxymap - - - proxymap', 'error - - - error',
  'retry - - - error', 'discard - - - discard', 'anvil - - 1 anvil', 'scache - - 1 scache',
]

const master = (directory: string, port: number): string => [
  `127.0.0.1:${port} inet n - n - - smtpd`,
  'postlog unix-dgram n - n - 1 postlogd',
  ...SERVICES.map(line => line.replace(/^(\S+) (\S+) (\S+) (\S+) (\S+)$/, '$1 unix $2 - n $3 $4 $5')),
  'save unix - n n - - pipe',
  `  flags=R user=nobody argv=${directory}/save`,
  '',
].join('\n')

/** A running Postfix. */
export interface Postfix {
  readonly port: number
  /** Its queue directory, below which a chrooted smtpd sees sockets. */
  readonly spool: string
  log(): string
  /** Messages that were delivered, whole. */
  delivered(): string[]
}

/** Starts it; `lines` go into main.cf, last. */
export const startPostfix = async (lines: string, directory = temporaryDirectory('postfix')): Promise<Postfix> => {
  chmodSync(directory, 0o755)
  for (const name of ['etc', 'spool', 'data', 'mail']) mkdirSync(join(directory, name), {recursive: true})
  spawnSync('chown', ['postfix', join(directory, 'data')])
  spawnSync('chown', ['nobody', join(directory, 'mail')])
  const port = await freePort()
  writeFileSync(join(directory, 'etc/main.cf'), `${MAIN(directory)}\n${lines}\n`)
  writeFileSync(join(directory, 'etc/master.cf'), master(directory, port))
  // The name that is looked for is there when the message is whole.
  writeFileSync(join(directory, 'save'), `#!/bin/sh\ncat >${directory}/mail/$$.tmp && mv ${directory}/mail/$$.tmp ${directory}/mail/$$.mess\n`)
  chmodSync(join(directory, 'save'), 0o755)
  const postfix = (word: string) => spawnSync('postfix', ['-c', join(directory, 'etc'), word], {encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe']})
  const log = (): string => (existsSync(join(directory, 'maillog')) ? readFileSync(join(directory, 'maillog'), 'utf8') : '')
  onTestFinished(() => void postfix('stop'))
  const {status, stderr} = postfix('start')
  if (status !== 0) throw new Error(`postfix start: ${stderr}\n${log()}`)
  return {
    port,
    spool: join(directory, 'spool'),
    log,
    delivered: () => readdirSync(join(directory, 'mail')).filter(name => name.endsWith('.mess')).map(name => readFileSync(join(directory, 'mail', name), 'latin1')),
  }
}
