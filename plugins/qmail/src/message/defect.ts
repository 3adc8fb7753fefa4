// What is wrong inside a queue file, as data: a parser reads on and reports, it never throws.

/** What can be wrong with a record; stable, since `show --json` gives it. */
export type DefectCode =
  | 'unterminated'
  | 'unknown-record'
  | 'no-sender'
  | 'second-sender'
  | 'trailing-bytes'
  | 'unknown-text'

/** One defect of a queue file. */
export interface Defect {
  readonly code: DefectCode
  /** Bytes from the beginning of the file. */
  readonly offset: number
}

/** Shared by all files without defects, so that a healthy message costs no array. */
export const NO_DEFECTS: readonly Defect[] = Object.freeze([])

const TEXT: Readonly<Record<DefectCode, string>> = {
  unterminated: 'the last record lacks its final NUL; qmail-send does not see it',
  'unknown-record': 'unknown record type; qmail-send stops reading here, at every attempt',
  'no-sender': 'no sender record; qmail-send cannot open the message',
  'second-sender': 'more than one sender record',
  'trailing-bytes': 'bytes after the sender record; qmail-send ignores them',
  'unknown-text': 'text that qmail-send did not write',
}

/** Returns a defect as one line for people, with its offset. */
export const defectText = ({code, offset}: Defect): string => `${TEXT[code]} (offset ${offset})`

/** True when qmail-send can never get past this defect, so that the message stays in the queue for ever. */
export const isStuck = (defects: readonly Defect[]): boolean =>
  defects.some(({code}) => code === 'unknown-record' || code === 'no-sender')
