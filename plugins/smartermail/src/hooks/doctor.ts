// What `mailops doctor` shows of the SmarterMail installations of this machine.
import {describe, isOpsError, plural, type DoctorFinding} from 'mailops'

import {usualFolders} from '../effects/inventory/usual-folders.js'
import {takeInventory} from '../effects/inventory/take-inventory.js'

const findingsOf = async (path: string): Promise<DoctorFinding[]> => {
  try {
    const {era, version, domains, files} = await takeInventory(path, {sizes: false, both: false})
    const broken = files.filter(({problem}) => problem !== null)
    const text = `SmarterMail ${version ?? `of the ${era.toUpperCase()} era`} in ${path}: ${plural(domains.length, 'domain')}`
    return [
      {code: 'SMARTERMAIL', severity: 'ok', text},
      ...broken.slice(0, 1).map(({name, problem}): DoctorFinding => ({
        code: 'SMARTERMAIL_BROKEN', severity: 'problem', text: `${path}: ${name}: ${problem?.message ?? ''}`, hint: `mailops smartermail check "${path}"`,
      })),
    ]
  } catch (error) {
    // A folder that is closed to us, or is none: a note, since doctor must get to its end. Anything else is a bug.
    if (!isOpsError(error)) throw error
    return [{code: 'SMARTERMAIL_UNREAD', severity: 'note', text: describe(error).message}]
  }
}

/** The findings about every installation that is found in the usual places. */
export default async (): Promise<DoctorFinding[]> => {
  const found: DoctorFinding[] = []
  for (const path of usualFolders()) found.push(...(await findingsOf(path)))
  return found
}
