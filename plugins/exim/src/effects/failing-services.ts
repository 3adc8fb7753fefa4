// Asks the logs which of cPanel's services fail with their own keys, for reset-serviceauth.
import {isOpsError, plural} from 'mailops/core'

import type {FailingService, LogVerdict, ReadFailingServices} from '../failing-services.js'
import type {CauseClass} from '../failures/class.js'
import {diagnose} from './failures/diagnose.js'

// Older failures say nothing about the keys of today; the monitor looks every five minutes or so.
const RECENT_SECONDS = 86_400

const failingOf = ({service, count, last, proof}: CauseClass): FailingService => ({
  service: service ?? '', count, proof: proof.slice(0, 2), ...(last !== null && {last}),
})

const sentenceOf = ({cause, service, count, advice}: CauseClass): string =>
  `${plural(count, 'failure')} of the class ${cause}${service === undefined ? '' : ` (${service})`}: ${advice.split('. ')[0]!.replace(/\.$/, '')}`

/**
 * Reads the logs; those of the last day where they are this machine's own.
 * @returns no logs at all when there are none here; a log that was named and cannot be read is an OpsError
 */
export const readFailingServices: ReadFailingServices = async (logs): Promise<LogVerdict> => {
  const since = logs.length > 0 ? -Infinity : Date.now() / 1000 - RECENT_SECONDS
  try {
    const report = await diagnose({logs, window: {since, until: Infinity}})
    const isMonitor = ({cause, mended}: CauseClass): boolean => cause === 'monitor' && mended !== true
    return {
      failing: report.classes.filter(isMonitor).map(failingOf),
      says: report.classes.filter(one => !isMonitor(one)).map(sentenceOf),
      logs: report.logs,
    }
  } catch (error) {
    // A machine without logs of Exim is an answer here: nothing is indicated.
    if (isOpsError(error) && error.code === 'NO_LOGS') return {failing: [], says: [], logs: []}
    throw error
  }
}
