// Bytes to standard output, as they are.
import {writeSync} from 'node:fs'

/** Writes a table (latin1 text) to stdout; a reader that went away (`| head`) is no error. */
export const writeTable = (text: string): void => {
  const bytes = Buffer.from(text, 'latin1')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
  } catch (error) {
    // Nobody reads on: that is the reader's choice.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  }
}
