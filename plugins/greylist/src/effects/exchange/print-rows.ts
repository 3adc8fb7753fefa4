// Prints JSON lines at the reader's pace: a million are not held in memory for a slow one.
import {once} from 'node:events'

import {jsonText} from 'mailops/core'

/** Prints one line a row on stdout. */
export const printRows = async (rows: readonly unknown[]): Promise<void> => {
  if (rows.length === 0 || process.stdout.write(rows.map(row => `${jsonText(row)}\n`).join(''))) return
  await once(process.stdout, 'drain')
}
