// Holds ^C and its like back while a service is stopped: the work is asked to end, the process lives on.
import {constants} from 'node:os'
import {isOpsError, OpsError} from '../../errors.js'

const HELD_BACK = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The time during which signals only ask for the end. */
export interface Interruption {
  /** Aborted by the first of these signals; its reason is the error to end with (128 + signal). */
  readonly signal: AbortSignal
  /** The signal that came, or null. */
  received(): NodeJS.Signals | null
  /** Gives an error `INTERRUPTED` the exit status of the signal that came; anything else stays as it is. */
  withStatus(error: unknown): unknown
  /** From here on signals do again what they did before. */
  end(): void
}

// What a shell reports of a process that a signal ended.
const statusOf = (name: NodeJS.Signals): number => 128 + constants.signals[name]

const interrupted = (name: NodeJS.Signals): OpsError => {
  const error = new OpsError('INTERRUPTED', `stopped by ${name}`, {exit: 'interrupted'})
  error.oclif.exit = statusOf(name)
  return error
}

/** Begins to hold SIGINT, SIGTERM and SIGHUP back. */
export const holdSignalsBack = (): Interruption => {
  const controller = new AbortController()
  let received: NodeJS.Signals | null = null
  const onSignal = (name: NodeJS.Signals): void => {
    received ??= name
    controller.abort(interrupted(name))
  }
  for (const name of HELD_BACK) process.on(name, onSignal)
  return {
    signal: controller.signal,
    received: () => received,
    withStatus: error => {
      if (received !== null && isOpsError(error) && error.code === 'INTERRUPTED') error.oclif.exit = statusOf(received)
      return error
    },
    end: () => {
      for (const name of HELD_BACK) process.off(name, onSignal)
    },
  }
}
