// A real Exim that asks the test's DNS server and may deliver: an /etc of its own in a mount namespace of its own.
import {spawnSync} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {
  createExim,
  eximProgram,
  whyNoExim,
  type EximSections,
  type RealExim,
} from '../../../../test/support/exim/index.js'

/** Why it cannot be had here, '' when it can. */
export const whyNoNamespace = (): string => {
  const why = whyNoExim()
  if (why !== '') return why
  if (spawnSync('unshare', ['-m', 'true']).status === 0) return ''
  if (process.env['CI'] === 'true') throw new Error('CI must let root make a mount namespace')
  return 'real Exim: no mount namespace here'
}

export interface RealDomainExim extends RealExim {
  /** A program that is this Exim, configuration and resolver included; for --exim. */
  readonly program: string
}

/** Makes it; `resolver` is an address on loopback that answers on port 53. */
export const createDomainExim = (
  directory: string,
  {resolver, sections = {}}: {resolver: string; sections?: EximSections},
): RealDomainExim => {
  const exim = createExim(directory, sections)
  const etc = join(directory, 'etc')
  mkdirSync(join(etc, 'exim4'), {recursive: true})
  for (const name of ['passwd', 'group', 'nsswitch.conf', 'hosts', 'services', 'protocols', 'ld.so.cache'])
    if (existsSync(join('/etc', name))) copyFileSync(join('/etc', name), join(etc, name))
  writeFileSync(join(etc, 'resolv.conf'), `nameserver ${resolver}\noptions timeout:2 attempts:2\n`)
  // Else Exim gives its privilege up for a configuration that is named on the command line, and cannot deliver.
  writeFileSync(join(etc, 'exim4/trusted_configs'), `${exim.config}\n`)
  const program = join(directory, 'exim')
  writeFileSync(
    program,
    `#!/bin/sh\nexec unshare -m sh -c 'mount --bind ${etc} /etc && exec "$@"' sh ${eximProgram()} -C ${exim.config} "$@"\n`,
    {mode: 0o755},
  )
  const run: RealExim['run'] = (args, input = '') => {
    const {status, stdout, stderr} = spawnSync(program, args, {input, encoding: 'latin1', timeout: 60_000})
    return {status, stdout, stderr}
  }
  return {...exim, program, run}
}
