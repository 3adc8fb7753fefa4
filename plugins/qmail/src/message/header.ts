// The header of mess/N: where it ends, and its fields unfolded, as latin1 (RFC 5322 section 2.2).

/** A header field: name as written, value unfolded and trimmed, latin1. */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

const LF = 10
const CR = 13

/**
 * Takes the first bytes of mess/N and returns the offset in the buffer at which the body begins, -1 when the empty line
 * is not among them: the header goes on, or there is no body.
 */
export const bodyStart = (buffer: Buffer, start: number, end: number): number => {
  if (start < end && buffer[start] === LF) return start + 1
  for (let lf = buffer.indexOf(LF, start); lf !== -1 && lf + 1 < end; lf = buffer.indexOf(LF, lf + 1)) {
    if (buffer[lf + 1] === LF) return lf + 2
    if (buffer[lf + 1] === CR && lf + 2 < end && buffer[lf + 2] === LF) return lf + 3
  }
  return -1
}

/** Takes the first bytes of mess/N and returns the header among them as latin1, as it stands. */
export const headerText = (buffer: Buffer, start: number, end: number): string => {
  const body = bodyStart(buffer, start, end)
  return buffer.toString('latin1', start, body === -1 ? end : body)
}

// RFC 5322 section 2.2.3: a line break before white space goes, the white space stays.
const unfold = (value: string): string => value.replace(/\r?\n(?=[ \t])/g, '').trim()

/** RFC 5322 section 2.2: printable ASCII but the colon. */
const FIELD_NAME = /^[!-9;-~]+$/

/** True when a text can be a field's name. */
export const isFieldName = (name: string): boolean => FIELD_NAME.test(name)

/** Returns a function that takes a header and returns the unfolded values of all fields of one name, in any case. */
export const fieldReader = (name: string): ((header: string) => string[]) => {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const field = new RegExp(`(?:^|\\n)${escaped}[ \\t]*:([^\\n]*(?:\\n[ \\t][^\\n]*)*)`, 'gi')
  return header => Array.from(header.matchAll(field), match => unfold(match[1]!))
}

/**
 * Takes a header and returns its fields in order. A line that is neither field nor continuation (`>From `, say) is
 * passed over: only the empty line ends a header, as for the programs that read the message after qmail.
 */
export const headerFields = (header: string): HeaderField[] => {
  const field = /(?:^|\n)([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)/g
  return Array.from(header.matchAll(field), match => ({name: match[1]!, value: unfold(match[2]!)}))
}
