// Running a program as part of a plan.
import {OpsError} from '../../errors.js'
import type {RunChange} from '../../plan.js'
import {noted} from '../children.js'
import {run} from '../process.js'
import type {ChangeEffect, Slot} from './change-effect.js'

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

const runOrFail = async (argv: readonly [string, ...string[]], {note}: Slot, timeoutMs = 60_000): Promise<void> => {
  const {status, signal, stderr, stdout, timedOut} = await run(argv, noted(argv, timeoutMs, note))
  if (status === 0) return
  const how = timedOut ? `gave no answer within ${timeoutMs / 1000} s` : `ended with ${signal ?? `status ${status}`}`
  const said = lastLine(stderr) || lastLine(stdout)
  throw new OpsError('COMMAND_FAILED', `${argv.join(' ')} ${how}${said === '' ? '' : `: ${said}`}`, {exit: 'unavailable'})
}

/** execve(2), without a shell. */
export const runEffect: ChangeEffect<RunChange> = {
  commit: ({argv, timeoutMs}, slot) => runOrFail(argv, slot, timeoutMs),
  outcome: () => null,
  // Whether a program cut off by a crash did its work cannot be seen: taking back runs its counterpart all the same.
  standing: () => 'after',
  revert: async ({undo, timeoutMs}, slot) => {
    if (undo !== undefined) await runOrFail(undo, slot, timeoutMs)
  },
  inverse: ({argv, undo}) => (undo === undefined ? null : {kind: 'run', argv: undo, undo: argv, why: 'take back'}),
}
