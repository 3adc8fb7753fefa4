// What `mailops doctor` shows of Exim on this machine.
import type {Finding} from 'mailops'

/** The findings about Exim. */
export default async (): Promise<Finding[]> => []
