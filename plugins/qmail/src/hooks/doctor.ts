// What `mailops doctor` shows of the qmail queues of this machine.
import {describe, isOpsError, type DoctorFinding} from 'mailops'
import {statePlace} from 'mailops/effects'

import {doctorFindings} from '../check/doctor.js'
import {factsOf} from '../effects/check/queue-facts.js'
import {findQueues} from '../effects/reading/index.js'

const findingsOf = async (path: string): Promise<DoctorFinding[]> => {
  try {
    return doctorFindings(await factsOf(path, statePlace()))
  } catch (error) {
    // A queue that cannot be looked at is itself what there is to say; anything else is a bug, and doctor says so.
    if (!isOpsError(error)) throw error
    const {exit, message, hint} = describe(error)
    const isClosed = exit === 77
    return [{code: isClosed ? 'QMAIL_DENIED' : 'QMAIL_QUEUE_DAMAGED', severity: isClosed ? 'note' : 'problem', text: message, ...(hint !== undefined && {hint})}]
  }
}

/** The findings about every queue that is found; MAILOPS_QMAIL_QUEUE names one more, as for all commands. */
export default async (): Promise<DoctorFinding[]> => {
  const {queues, denied} = findQueues()
  const named = process.env['MAILOPS_QMAIL_QUEUE']
  const all = named === undefined || queues.includes(named) ? queues : [...queues, named]
  const found: DoctorFinding[] = []
  for (const path of all) found.push(...(await findingsOf(path)))
  return [...found, ...denied.map((path): DoctorFinding => ({code: 'QMAIL_DENIED', severity: 'note', text: `${path} may be a queue, but is closed to this user`, hint: 'run it as root'}))]
}
