// The question before a change: on the terminal, with "no" for everything that is not a yes.
import {createInterface} from 'node:readline/promises'

import {OpsError} from '../errors.js'

/**
 * Asks on stderr and reads from stdin, which must both be terminals.
 * @throws OpsError 1 `DECLINED` for a no, ^D and a terminal that went away; 130 `INTERRUPTED` for ^C
 */
export const askToGoOn = async (question: string): Promise<void> => {
  const asker = createInterface({input: process.stdin, output: process.stderr})
  try {
    const answer = await new Promise<string | null>(resolve => {
      asker.once('SIGINT', () => resolve(null))
      // Also when the terminal is gone: the question alone would then never be answered.
      asker.once('close', () => resolve(''))
      asker.question(question).then(resolve, () => resolve(''))
    })
    if (answer !== null && /^y(es)?$/i.test(answer.trim())) return
    if (answer === null || answer === '') process.stderr.write('\n')
    throw answer === null
      ? new OpsError('INTERRUPTED', 'interrupted; nothing was changed', {exit: 'interrupted'})
      : new OpsError('DECLINED', 'nothing was changed', {exit: 'found'})
  } finally {
    asker.close()
  }
}
