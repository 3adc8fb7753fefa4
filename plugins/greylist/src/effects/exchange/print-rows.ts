// Prints JSON lines at the reader's pace: a million are not held in memory for a slow one.
import {once} from 'node:events'

/** Prints one line a row on stdout. */
export const printRows = async (rows: readonly unknown[]): Promise<void> => {
  if (rows.length === 0 || process.stdout.write(rows.map(row => `${JSON.stringify(row)}\n`).join(''))) return
  await once(process.stdout, 'drain')
}
