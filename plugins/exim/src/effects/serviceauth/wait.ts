// Waits until the keys of some services are there again, whole, and readable by whom they should be.
import {setTimeout as delay} from 'node:timers/promises'

import {OpsError} from 'mailops/core'
import type {BulkContext} from 'mailops/effects'

import {serviceAnomalies} from '../../serviceauth/anomaly.js'
import {ownersOf, type RenewalArgs} from '../../serviceauth/renewal.js'
import {lookAtService} from './look.js'

const FIRST_MS = 50
const MOST_MS = 2_000

/** Ends the work when somebody wants it ended: the old keys come back. */
export const refuseInterrupted = ({signal}: Pick<BulkContext, 'signal'>): void => {
  if (signal.aborted)
    throw new OpsError('INTERRUPTED', 'interrupted; the old keys were put back', {exit: 'interrupted'})
}

const wrong = (args: RenewalArgs): string[] =>
  args.services.flatMap(({service}) =>
    serviceAnomalies(lookAtService(args.base, service), ownersOf(args)).map(({text}) => text),
  )

/**
 * Looks again and again, ever more seldom.
 * @throws OpsError 75 `KEYS_MISSING` with what is wrong in the end, `INTERRUPTED`
 */
export const waitForKeys = async (args: RenewalArgs, context: BulkContext): Promise<void> => {
  const started = performance.now()
  for (let pause = FIRST_MS; ; pause = Math.min(pause * 1.5, MOST_MS)) {
    const left = wrong(args)
    if (left.length === 0) return
    const seconds = (performance.now() - started) / 1000
    if (seconds >= args.waitSeconds)
      throw new OpsError(
        'KEYS_MISSING',
        `the keys were not right again within ${args.waitSeconds} s: ${left.join('; ')}`,
        {
          exit: 'tryAgain',
          hint: 'the old keys are back; is tailwatchd with ChkServd running? --generate makes keys without it',
        },
      )
    context.progress(Math.floor(seconds), args.waitSeconds)
    refuseInterrupted(context)
    // A signal ends the pause too; the next look at it decides.
    await delay(Math.min(pause, (args.waitSeconds - seconds) * 1000 + 1), undefined, {signal: context.signal}).catch(
      () => refuseInterrupted(context),
    )
  }
}
