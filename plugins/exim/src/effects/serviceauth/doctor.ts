// What `mailops doctor` shows of cPanel's service keys.
import {describe, isOpsError, type DoctorFinding} from 'mailops/core'

import {baseAnomalies, serviceAnomalies} from '../../serviceauth/anomaly.js'
import {SERVICEAUTH} from '../../serviceauth/layout.js'
import {lookAtServiceauth} from './look.js'
import {ownersOf} from './owners.js'

/** The findings about the keys of this machine; none where it has no cPanel. */
export const serviceauthFindings = (base = SERVICEAUTH): DoctorFinding[] => {
  try {
    const seen = lookAtServiceauth(base)
    const owners = ownersOf(base)
    const wrong = [...baseAnomalies(seen, owners), ...seen.services.flatMap(facts => serviceAnomalies(facts, owners))]
    if (wrong.length === 0)
      return [{code: 'SERVICEAUTH', severity: 'ok', text: `the service keys in ${base} are as they should be`}]
    return wrong.map(({code, text}) => ({
      code: `SERVICEAUTH_${code}`,
      severity: 'problem',
      text,
      hint: 'mailops exim serviceauth',
    }))
  } catch (error) {
    if (!isOpsError(error)) throw error
    // No such directory: no cPanel, so nothing to say.
    if (error.code === 'NO_SERVICEAUTH') return []
    const {exit, message, code} = describe(error)
    return [
      {
        code: `SERVICEAUTH_${code}`,
        severity: exit === 77 ? 'note' : 'problem',
        text: message,
        ...(exit === 77 && {hint: 'run it as root'}),
      },
    ]
  }
}
