// As much of cPanel as a reset of service keys meets: the tree, and a restart command after which missing keys are made.
import {spawnSync} from 'node:child_process'
import {chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import type {EximSections} from '../../../../test/support/exim/index.js'

export interface EmulatedCpanel {
  /** The serviceauth directory. */
  readonly base: string
  /** Shell command that regenerates missing keys and leaves a line in `restarts`. */
  readonly restart: string
  /** How often the restart command was run. */
  restarts(): number
  /** The keys of a service. */
  keys(service: string): {send: string; recv: string}
  /** Everything in serviceauth and beside it: path, mode, owner, inode and content. */
  picture(): Record<string, string>
}

/** Group id of mail, as this machine has it; -1 when it has none. */
export const mailGid = (): number => Number(/^mail:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1] ?? -1)

const FILE_MODE = '0640'

// What cPanel's monitor does when it starts: keys are made when a file is absent or shorter than 16 bytes.
const script = (base: string, group: string): string => `#!/bin/sh
set -eu
echo run >> '${base}/../restarts'
umask 077
for service in exim icontact; do
  d='${base}'/$service
  if [ "$(cat "$d/send" 2>/dev/null | wc -c)" -ge 16 ] && [ "$(cat "$d/recv" 2>/dev/null | wc -c)" -ge 16 ]; then continue; fi
  mkdir -p "$d"
  for key in send recv; do tr -dc A-Za-z0-9 </dev/urandom | head -c 16 > "$d/$key"; done
  if [ "$service" = exim ]; then chgrp ${group} "$d" "$d/send" "$d/recv"; chmod ${FILE_MODE} "$d/send" "$d/recv"; chmod 0750 "$d"; fi
done
`

const walk = (path: string): string[] =>
  readdirSync(path, {withFileTypes: true}).flatMap(entry => [
    join(path, entry.name),
    ...(entry.isDirectory() ? walk(join(path, entry.name)) : []),
  ])

/** Builds it below `directory`, with keys of exim and icontact; as the user who runs the test. */
export const emulateCpanel = (directory: string): EmulatedCpanel => {
  const isRoot = process.getuid?.() === 0
  const varCpanel = join(directory, 'var/cpanel')
  const base = join(varCpanel, 'serviceauth')
  mkdirSync(base, {recursive: true})
  chmodSync(directory, 0o755)
  chmodSync(base, 0o711)
  writeFileSync(join(varCpanel, 'exim_service_auth_enable'), '')
  const gid = isRoot ? mailGid() : (process.getgid?.() ?? 0)
  for (const [service, mode, fileMode] of [
    ['exim', 0o750, 0o640],
    ['icontact', 0o700, 0o600],
  ] as const) {
    const path = join(base, service)
    mkdirSync(path)
    for (const name of ['send', 'recv']) {
      writeFileSync(join(path, name), `${service}${name}0123456789abcdef`.slice(0, 16))
      chownSync(join(path, name), process.getuid?.() ?? 0, gid)
      chmodSync(join(path, name), fileMode)
    }
    chownSync(path, process.getuid?.() ?? 0, gid)
    chmodSync(path, mode)
  }
  const program = join(directory, 'restartsrv')
  writeFileSync(program, script(base, String(gid)), {mode: 0o755})
  return {
    base,
    restart: program,
    restarts: () => {
      try {
        return readFileSync(join(varCpanel, 'restarts'), 'utf8').split('\n').length - 1
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
        throw error
      }
    },
    keys: service => ({
      send: readFileSync(join(base, service, 'send'), 'latin1'),
      recv: readFileSync(join(base, service, 'recv'), 'latin1'),
    }),
    picture: () =>
      Object.fromEntries(
        walk(varCpanel)
          .filter(path => !path.endsWith('/restarts'))
          .map(path => {
            const {mode, uid, gid: group, ino} = statSync(path)
            const content = (mode & 0o170000) === 0o100000 ? readFileSync(path, 'latin1') : ''
            return [path.slice(varCpanel.length + 1), `${mode.toString(8)} ${uid}:${group} ${ino} ${content}`]
          }),
      ),
  }
}

/** Exim's side: logins of any service are compared with the two files, which group mail reads. */
export const cpanelAuthenticator = (base: string): EximSections => ({
  main: 'exim_group = mail',
  authenticators: `
dovecot_plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and {{match{$auth2}{\\N^__cpanel__service__auth__exim__(.+)$\\N}}{eq{$1}{\${readfile{${base}/exim/send}{}}}}{eq{$auth3}{\${readfile{${base}/exim/recv}{}}}}}}
  server_set_id = $auth2
`,
})

/** Names of a tar archive, as tar(1) lists them. */
export const tarList = (path: string): string => spawnSync('tar', ['-tvf', path], {encoding: 'utf8'}).stdout
