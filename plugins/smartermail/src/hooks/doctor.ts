// What `mailops doctor` shows of the SmarterMail installations of this machine.
import type {Finding} from 'mailops'

/** The findings about every installation that is found. */
export default async (): Promise<Finding[]> => []
