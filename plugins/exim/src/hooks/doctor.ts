// What `mailops doctor` shows of Exim on this machine: its logs, and cPanel's service keys.
import type {DoctorFinding} from 'mailops'

import {logFindings} from '../effects/failures/doctor.js'
import {serviceauthFindings} from '../effects/serviceauth/doctor.js'

/** The findings about Exim. */
export default async (): Promise<DoctorFinding[]> => [...(await logFindings()), ...serviceauthFindings()]
