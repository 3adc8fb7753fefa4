// What `mailops doctor` shows of the pattern maps of Postfix.
import type {DoctorFinding} from 'mailops'

import {postfixFindings} from '../effects/doctor.js'

/** The regexp: and pcre: maps that this machine uses, and what they cost. */
export default async (): Promise<DoctorFinding[]> => postfixFindings()
