// What `mailops doctor` shows of greylisting.
import {describe, isOpsError, type DoctorFinding} from 'mailops'

import {greylistFindings} from '../doctor/findings.js'
import {greylistFacts} from '../effects/doctor/facts.js'

/** Which filter is active, whether the daemon answers, and whether clients pass unchecked. */
export default async (): Promise<readonly DoctorFinding[]> => {
  try {
    return greylistFindings(await greylistFacts())
  } catch (error) {
    // Settings that cannot be read are themselves what there is to say; anything else is a bug, and doctor says so.
    if (!isOpsError(error)) throw error
    const {message, hint} = describe(error)
    return [{code: 'GREYLIST_SETTINGS', severity: 'problem', text: message, ...(hint !== undefined && {hint})}]
  }
}
