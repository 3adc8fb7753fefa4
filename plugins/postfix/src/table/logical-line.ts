// Joins physical lines into logical ones as Postfix does (readlline.c), keeping every byte of the source.
import {isSpace, trimEnd} from './char.js'

/** Comment and blank lines, or one logical line; all of them in order are the table, byte for byte. */
export interface LogicalLine {
  /** 'indented': text before any logical line, which Postfix drops with a warning. */
  readonly kind: 'trivia' | 'text' | 'indented'
  /** The first line of text, from 1: the number Postfix reports. */
  readonly line: number
  readonly lastLine: number
  /** The bytes as they stand in the file, newlines included. */
  readonly source: string
  /** What Postfix parses: joined, cut at a NUL, without white space at the end; '' for trivia. */
  readonly text: string
  readonly hasNull: boolean
}

/** Cuts a table (latin1 text) into its logical lines and what lies between them. */
export const logicalLines = (source: string): LogicalLine[] => {
  const physical = source.match(/[^\n]*\n|[^\n]+/g) ?? []
  const lines: LogicalLine[] = []
  let at = 0
  while (at < physical.length) {
    const end = endOfLogical(physical, at)
    lines.push(end === at ? trivia(physical, at) : logical(physical, at, end))
    at = lines.at(-1)!.lastLine
  }
  return lines
}

/** True for a line that Postfix does not read: empty, blank, or a comment. */
const isTrivia = (line: string): boolean => /^[ \t\n\v\f\r]*(?:#|$)/.test(line)

/** Returns the line after the last one that belongs to the logical line at `at`; `at` itself where there is none. */
const endOfLogical = (physical: readonly string[], at: number): number => {
  if (isTrivia(physical[at]!)) return at
  let end = at + 1
  // Comments and blank lines do not end a logical line; they belong to it only when it goes on after them.
  for (let next = at + 1; next < physical.length; next++) {
    const line = physical[next]!
    if (isTrivia(line)) {
      // A comment that is not at the margin begins with white space, so it is looked at like a continuation.
      continue
    }
    if (!isSpace(line[0])) break
    end = next + 1
  }
  return end
}

const trivia = (physical: readonly string[], at: number): LogicalLine => {
  let end = at
  while (end < physical.length && isTrivia(physical[end]!)) end++
  return {
    kind: 'trivia',
    line: at + 1,
    lastLine: end,
    source: physical.slice(at, end).join(''),
    text: '',
    hasNull: false,
  }
}

const logical = (physical: readonly string[], at: number, end: number): LogicalLine => {
  const parts = physical.slice(at, end)
  const joined = parts
    .filter(line => !isTrivia(line))
    .map(line => (line.endsWith('\n') ? line.slice(0, -1) : line))
    .join('')
  const null_ = joined.indexOf('\0')
  return {
    kind: isSpace(joined[0]) ? 'indented' : 'text',
    line: at + 1,
    lastLine: end,
    source: parts.join(''),
    text: trimEnd(null_ < 0 ? joined : joined.slice(0, null_)),
    hasNull: null_ >= 0,
  }
}
