// Reads the configuration of a Postfix instance through its own postconf(1).
import {closeSync, constants, existsSync, fstatSync, openSync, readFileSync, realpathSync} from 'node:fs'
import {join, resolve} from 'node:path'

import {OpsError} from 'mailops/core'
import {find, run} from 'mailops/effects'

import {type Configuration, readConfiguration} from '../../configuration/configuration.js'
import type {NamedMap} from '../../configuration/map-values.js'
import {mapUses, type MapUse} from '../../configuration/uses.js'
import {configDirectory} from './directory.js'

/** An instance with all that is known of its tables. */
export interface Instance {
  readonly configuration: Configuration
  readonly uses: readonly MapUse[]
}

const TIMEOUT_MS = 20_000

/**
 * Reads the instance in `named`, or the one of MAIL_CONFIG, or Postfix's default. Undefined when there is no Postfix or no
 * main.cf and none was asked for; POSTCONF (69, 78) when what was asked for cannot be read.
 */
export const readInstance = async (named?: string): Promise<Instance | undefined> => {
  const directory = await configDirectory(named)
  const postconf = find('postconf')
  if (directory === undefined || postconf === null) {
    if (named === undefined) return undefined
    throw new OpsError('POSTCONF', 'postconf is not on this machine: without it main.cf cannot be read', {exit: 'unavailable'})
  }
  if (named === undefined && !existsSync(join(directory, 'main.cf'))) return undefined
  const ask = async (...flags: string[]): Promise<string> => {
    const {status, stdout, stderr, timedOut} = await run([postconf, '-c', directory, ...flags], {timeoutMs: TIMEOUT_MS, endsWithUs: true})
    if (status === 0 && !timedOut) return stdout
    throw new OpsError('POSTCONF', `postconf -c ${directory} ${flags.join(' ')}: ${fatalOf(stderr)}`, {
      exit: 'configuration',
      hint: `postconf -c ${directory} ${flags.join(' ')}`,
    })
  }
  const [parameters, services, overrides] = [await ask('-x'), await ask('-M'), await ask('-Px')]
  const configuration = readConfiguration(directory, {parameters, services, overrides})
  return {configuration, uses: mapUses(configuration, path => listFile(path))}
}

const fatalOf = (stderr: string): string => /fatal: (.*)/.exec(stderr)?.[1] ?? (stderr.trim().split('\n').at(-1) || 'failed')

const LIST_FILE_BYTES = 1 << 24

const listFile = (path: string): string | undefined => {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    return stat.isFile() && stat.size <= LIST_FILE_BYTES ? readFileSync(fd, 'latin1') : undefined
  } catch {
    // Absent or closed to us: Postfix itself will complain, and it names no table that we could read.
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** The directories of further instances that postmulti(1) knows of. */
export const otherInstances = ({parameters}: Configuration): string[] =>
  (parameters.get('multi_instance_directories') ?? '').split(/[\s,]+/).filter(Boolean)

/** Tells whether a table that the configuration names is the file at `path`; daemons run in the queue directory. */
export const isFile = ({parameters}: Configuration, path: string): ((map: Pick<NamedMap, 'name'>) => boolean) => {
  const wanted = realPath(path)
  const queue = parameters.get('queue_directory') ?? '/var/spool/postfix'
  return ({name}) => !name.startsWith('{') && realPath(resolve(queue, name)) === wanted
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    // It need not exist: main.cf may name what was removed.
    return resolve(path)
  }
}
