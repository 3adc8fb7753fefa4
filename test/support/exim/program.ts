// The real Exim of this machine: installed, or unpacked by test/packages.sh beside another mail server.
import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {join} from 'node:path'

/** Where test/packages.sh unpacks Exim when it cannot be installed. */
export const UNPACKED = process.env['MAILOPS_TEST_EXIM'] ?? '/var/cache/mailops-tests/exim'

const CANDIDATES = [join(UNPACKED, 'usr/sbin/exim4'), '/usr/sbin/exim4', '/usr/sbin/exim', '/usr/exim/bin/exim']

/** The first Exim that is there, '' when none is. */
export const eximProgram = (): string => CANDIDATES.find(path => existsSync(path)) ?? ''

/** The user that a Debian Exim runs as. */
export const EXIM_USER = 'Debian-exim'

const findWhyNot = (): string => {
  const program = eximProgram()
  if (program === '') return 'real Exim: not on this machine (test/packages.sh unpacks it)'
  if (process.getuid?.() !== 0) return 'real Exim: needs root'
  const {status, stderr} = spawnSync(program, ['-C', '/dev/null', '-bV'], {encoding: 'utf8'})
  return status === 0 ? '' : `real Exim: ${program} does not run: ${stderr.trim()}`
}

let known: string | undefined

/** Why no test with a real Exim can run here: '' when one can, else a text for the name of the skipped tests. CI must have one. */
export const whyNoExim = (): string => {
  known ??= findWhyNot()
  if (known !== '' && process.env['CI'] === 'true') throw new Error(`CI must have it: ${known}`)
  return known
}
