// One rule as lines of a table, broken only where Postfix joins them back to the same text.
import {delimit} from '../../dialect/print/delimiter.js'

const COLUMNS = 100
// Behind a pattern longer than this nobody finds the result.
const RESULT_COLUMNS = 400

/**
 * Returns the lines of a rule without the last newline. `result` is as it stands in a table.
 * @param folds whether the pattern itself may be broken: of a table with CRLF the carriage return would become part of it
 */
export const ruleLines = (
  {text, flags}: {text: string; flags: string},
  result: string,
  {folds = true}: {folds?: boolean} = {},
): string => {
  const pattern = `${delimit(text)!}${flags}`
  return `${folds ? foldAtBlanks(pattern) : pattern}${result === '' ? '' : separator(text, result) + result}`
}

/** Behind a long pattern the result begins a line of its own: the blanks before it are skipped either way. */
const separator = (pattern: string, result: string): string =>
  // A line that begins with blanks and # would be a comment.
  pattern.length <= RESULT_COLUMNS || result.startsWith('#') ? ' ' : '\n    '

/**
 * Breaks before blanks of the pattern: a continuation line keeps its leading white space, so only there is one line
 * what two were. Not where the second would be blank or a comment.
 */
const foldAtBlanks = (pattern: string): string => {
  if (pattern.length <= COLUMNS || !pattern.includes(' ')) return pattern
  let folded = ''
  let line = ''
  for (const piece of pattern.split(/(?= [^\s#])/)) {
    if (line !== '' && line.trim() !== '' && line.length + piece.length > COLUMNS) {
      folded += `${line}\n`
      line = ''
    }
    line += piece
  }
  return folded + line
}
