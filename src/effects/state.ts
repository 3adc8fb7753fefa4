// Where mailops keeps its own state: journal, backups, and a place in memory for when a disk is full.
import * as fs from 'node:fs'
import {homedir, tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'

import {OpsError, fromSystem} from '../errors.js'
import {syncDirectory} from './files.js'
import {makePath} from './make-path.js'

/** Directories of our state; none of them need exist yet. */
export interface StatePlace {
  /** 0711, so that a plugin's daemon may own a folder below it. */
  readonly state: string
  /** 0700: one journal file a change. */
  readonly journal: string
  /** 0700: what undo needs, one folder a change. */
  readonly backups: string
  /** 0700: the same below /run, used when the state's file system is full or read-only. */
  readonly run: string
}

const ownUid = (): number => process.getuid?.() ?? 0

const programData = (env: NodeJS.ProcessEnv): string => join(env['ProgramData'] ?? 'C:\\ProgramData', 'mailops')

// Absolute, since a journal names files below it and may be read from another working directory.
const stateRoot = (env: NodeJS.ProcessEnv): string => {
  if (env['MAILOPS_STATE_DIR']) return resolve(env['MAILOPS_STATE_DIR'])
  if (process.platform === 'win32') return programData(env)
  if (ownUid() === 0) return '/var/lib/mailops'
  return join(env['XDG_STATE_HOME'] || join(home(), '.local', 'state'), 'mailops')
}

const home = (): string => {
  try {
    return homedir()
  } catch (error) {
    // A uid without an entry in passwd(5), and no HOME.
    throw new OpsError('NO_HOME', `uid ${ownUid()} has no home directory to keep the state of mailops in`, {
      exit: 'configuration',
      hint: 'name a directory with MAILOPS_STATE_DIR',
      cause: error,
    })
  }
}

const runRoot = (env: NodeJS.ProcessEnv): string => {
  if (env['MAILOPS_RUN_DIR']) return resolve(env['MAILOPS_RUN_DIR'])
  // Not the temporary directory, which every account has for itself: locks have to be found by all.
  if (process.platform === 'win32') return join(programData(env), 'run')
  if (ownUid() === 0) return fs.existsSync('/run') ? '/run/mailops' : '/var/run/mailops'
  return join(env['XDG_RUNTIME_DIR'] || tmpdir(), `mailops-${ownUid()}`)
}

/** The places that the environment names: `MAILOPS_STATE_DIR` and `MAILOPS_RUN_DIR`, else the system's own. */
export const statePlace = (env: NodeJS.ProcessEnv = process.env): StatePlace => {
  const state = stateRoot(env)
  return {state, journal: join(state, 'journal'), backups: join(state, 'backups'), run: runRoot(env)}
}

/** /etc/mailops, %ProgramData%\mailops, or what `MAILOPS_CONFIG_DIR` names. */
export const configDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  env['MAILOPS_CONFIG_DIR'] ||
  (process.platform === 'win32' ? join(programData(env), 'config') : '/etc/mailops')

const lookAt = (path: string): fs.Stats | undefined => {
  try {
    return fs.lstatSync(path, {throwIfNoEntry: false})
  } catch (error) {
    throw fromSystem(error, 'look at', path)
  }
}

const isOurs = (stat: fs.Stats): boolean =>
  stat.isDirectory() && (process.platform === 'win32' || stat.uid === ownUid())

const notOurs = (path: string): OpsError =>
  new OpsError('NOT_OURS', `${path} is not a directory of this user (uid ${ownUid()})`, {
    exit: 'noPermission',
    hint: 'name another with MAILOPS_STATE_DIR or MAILOPS_RUN_DIR, or run as its owner',
  })

/**
 * Refuses to believe what is in a directory that somebody else has made, or a link; one that is not there is no harm.
 * @throws OpsError 77 `NOT_OURS`
 */
export const refuseForeign = (path: string): void => {
  const stat = lookAt(path)
  if (stat !== undefined && !isOurs(stat)) throw notOurs(path)
}

/**
 * Makes a directory that only we may enter, or checks that it is one: ours, no link, closed to others.
 * @throws OpsError 77 `NOT_OURS` when somebody else could plant or read our records there
 */
export const privateDirectory = (path: string, mode = 0o700): void => {
  let stat = lookAt(path)
  if (stat === undefined) {
    try {
      makePath(path, mode)
      syncDirectory(dirname(path))
    } catch (error) {
      throw fromSystem(error, 'make', path)
    }
    stat = fs.lstatSync(path)
  }
  if (!isOurs(stat)) throw notOurs(path)
  if (process.platform !== 'win32' && (stat.mode & 0o777 & ~mode) !== 0) fs.chmodSync(path, mode)
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EROFS'])

/** True for an error that says: no room here, another file system may do. */
export const isFull = (error: unknown): boolean => FULL.has((error as {code?: string} | null)?.code ?? '')

/** Makes state, journal and backups ready to write in. */
export const openState = (place: StatePlace): void => {
  privateDirectory(place.state, 0o711)
  privateDirectory(place.journal)
  privateDirectory(place.backups)
}
