// Lines of standard input.
import {OpsError} from 'mailops/core'

const MOST_BYTES = 1 << 28

/** Returns the lines of standard input as latin1 text, one character a byte; empty lines are left out. */
export const linesOfStandardInput = async (): Promise<string[]> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw new OpsError('INPUT_TOO_LONG', 'standard input has more than 256 MiB', {exit: 'badData'})
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1').split('\n').map(line => line.replace(/\r$/, '')).filter(Boolean)
}
