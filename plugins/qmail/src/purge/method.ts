// Which method a purge takes: the gentlest that is safe, or the one that was asked for, if it can be.
import {OpsError} from 'mailops/core'

/** `live`: qmail-send goes on; `offline`: it is down; `swap`: everything at once, by renaming directories. */
export type Method = 'live' | 'offline' | 'swap'

/** What --method takes. */
export const METHODS = ['auto', 'live', 'offline', 'swap'] as const

/** What the choice depends on. */
export interface Circumstances {
  readonly asked: (typeof METHODS)[number]
  /** Whether qmail-send runs on this queue. */
  readonly running: boolean
  /** Whether it may be stopped. */
  readonly stop: boolean
  /** Every message, not a selection. */
  readonly all: boolean
  /** Recipients are taken away, not messages. */
  readonly only: boolean
}

/** The method of a purge. */
export interface Chosen {
  readonly method: Method
  /** For people: why this one. */
  readonly why: string
}

const usage = (message: string, hint: string): OpsError => new OpsError('USAGE', message, {exit: 'usage', hint})

/**
 * Returns the method.
 * @throws OpsError 64 for a method that cannot do what is asked; 75 `NOT_RUNNING` for live without qmail-send. Offline with
 * qmail-send running and no leave to stop it is for the lock to refuse, which can name the process.
 */
export const chooseMethod = (given: Circumstances): Chosen => {
  const {asked, running, stop, all, only} = given
  if (asked === 'swap' && !all)
    throw usage('--method swap takes every message of the queue: it goes with --all alone', 'leave --method away')
  if (asked === 'swap' && only) throw usage('--only-recipient marks recipients, --method swap renames directories', 'leave --method away')
  if (asked === 'live' && stop) throw usage('--method live stops nothing: it does not go with --stop', 'leave one of them away')
  if (asked === 'live' && !running)
    throw new OpsError('NOT_RUNNING', 'no qmail-send runs on this queue, which --method live needs', {
      exit: 'tryAgain',
      hint: '--method offline',
    })
  if (asked !== 'auto') return {method: asked, why: 'as asked'}
  return gentlest(given)
}

const gentlest = ({running, stop, all, only}: Circumstances): Chosen => {
  if (!running) return {method: 'offline', why: 'qmail-send does not run'}
  if (!stop) return {method: 'live', why: 'qmail-send goes on running'}
  if (all && !only) return {method: 'swap', why: 'qmail-send is down only for the renaming of directories'}
  return {method: 'offline', why: 'qmail-send is stopped meanwhile'}
}
