// What check found, and the single steps that repair would take about it, as plain data.
import {CODES, type FindingCode, type FindingSeverity} from './codes.js'

/** One thing that is wrong. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: FindingSeverity
  /** Below the queue, latin1, one char a byte. */
  readonly path: string
  /** Message number, where it concerns a message. */
  readonly id: string | null
  readonly text: string
  /** What repair would do; null where it does nothing. */
  readonly repair: string | null
  /** Why repair does nothing; null where it does something. */
  readonly whyNot: string | null
}

/** Owner and mode of one file. */
export interface Owned {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/**
 * One step of a repair; paths are below the queue, `ino` (decimal) is what must stand there. Steps of one `unit` make
 * sense only together: after a crash they are finished, never left between.
 */
export type Step = {readonly unit?: number} & (
  | {readonly op: 'trash'; readonly path: string; readonly ino: string}
  | {readonly op: 'move'; readonly path: string; readonly to: string; readonly ino: string}
  | {readonly op: 'attributes'; readonly path: string; readonly ino: string; readonly before: Owned; readonly after: Owned}
  | {readonly op: 'mkdir'; readonly path: string; readonly after: Owned}
  /** `replaces`: inode of what stands there and goes to the trash in the same instant. */
  | {readonly op: 'fifo'; readonly path: string; readonly after: Owned; readonly replaces?: string}
  /** A file of NULs, beginning with the bytes of what it replaces. */
  | {readonly op: 'create'; readonly path: string; readonly after: Owned; readonly size: number; readonly replaces?: string}
)

/** What was found about one message or one place, and all that repair does about it, in order. */
export interface Verdict {
  readonly findings: readonly Finding[]
  readonly steps: readonly Step[]
}

/** What differs from the facts of the code. */
export interface FindingDetails {
  readonly path: string
  readonly id?: string | null
  readonly severity?: FindingSeverity
  readonly text?: string
  readonly repair?: string
  readonly whyNot?: string
}

/** Makes a finding of a code; `whyNot` in the details takes the repair of the code away. */
export const finding = (code: FindingCode, details: FindingDetails): Finding => {
  const facts = CODES[code]
  const {path, id = null, severity = facts.severity, text = facts.what, whyNot} = details
  const repair = whyNot === undefined ? (details.repair ?? facts.repair) : ''
  return {
    code,
    severity,
    path,
    id,
    text,
    repair: repair === '' ? null : repair,
    whyNot: repair === '' ? (whyNot ?? 'needs a person: repair would have to guess') : null,
  }
}

/** True when one of the findings must not be mended under a running qmail-send. */
export const needsStop = ({findings}: Verdict): boolean =>
  findings.some(({code, repair}) => repair !== null && CODES[code].needsStop)
