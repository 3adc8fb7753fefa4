// One thing that is wrong with a table.
import {type LintCode, SEVERITIES, type Severity} from './codes.js'

export interface LintFinding {
  readonly code: LintCode
  readonly severity: Severity
  /** First and last physical line, from 1. */
  readonly line: number
  readonly lastLine: number
  /** What is wrong and what follows from it, one sentence. */
  readonly message: string
  /** What to write or do instead. */
  readonly hint?: string
  /** Lines of other rules that it has to do with. */
  readonly related?: readonly number[]
}

export interface FindingText {
  readonly message: string
  /** Where it is graver than its code usually is. */
  readonly severity?: Severity
  readonly hint?: string
  readonly related?: readonly number[]
}

/** Makes a finding about a place of the table. */
export const lintFinding = (
  code: LintCode,
  {line, lastLine}: {line: number; lastLine: number},
  text: FindingText,
): LintFinding => ({code, severity: SEVERITIES[code], line, lastLine, ...text})
