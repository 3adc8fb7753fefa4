// The one error of a selection: an option whose value makes no sense.
import {OpsError} from 'mailops/core'

/** Returns the error (`USAGE`, exit 64) for an option's value, naming both; `hint` says what to write instead. */
export const usageError = (option: string, value: string, problem: string, hint?: string): OpsError =>
  new OpsError('USAGE', `--${option} '${value}': ${problem}`, {exit: 'usage', ...(hint !== undefined && {hint})})
