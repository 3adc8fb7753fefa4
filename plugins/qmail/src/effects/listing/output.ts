// Writes to stdout no faster than it is read.
import {once} from 'node:events'

/** Writes a text; waits where the reader has to be waited for. An early end of the pipe is for bin/run.js to handle. */
export const writeOut = async (text: string): Promise<void> => {
  // A terminal and a file take it at once, a slow pipe when it is read.
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
