// Runs what makes cPanel make new keys.
import {OpsError} from 'mailops/core'
import {noted, run, type Argv, type BulkContext} from 'mailops/effects'

/** Milliseconds a restart may take; those of cPanel wait for the service to answer. */
const RESTART_MS = 5 * 60_000

/** cPanel's own: the monitor is part of tailwatchd. */
export const RESTART_TAILWATCHD = '/usr/local/cpanel/scripts/restartsrv_tailwatchd'

/**
 * Runs a command line by /bin/sh. What it says is thrown away: the daemon it leaves behind would keep our pipe.
 * @throws OpsError 75 `RESTART_FAILED`
 */
export const restart = async (command: string, context: BulkContext): Promise<void> => {
  const argv: Argv = ['/bin/sh', '-c', command]
  // Cut off with us or not: one that ran on after a recovery would make new keys over the old ones.
  const {status, signal, timedOut} = await run(argv, {discardOutput: true, ...noted(argv, RESTART_MS, note => context.note(note))})
  if (status === 0) return
  const how = timedOut ? `gave no answer within ${RESTART_MS / 1000} s` : `ended with ${signal ?? `status ${status}`}`
  throw new OpsError('RESTART_FAILED', `the restart command ${how}: ${command}`, {
    exit: 'tryAgain',
    hint: `run it by hand to see what it says: ${command}`,
  })
}
