// Puts a pattern between delimiters that it does not hold.

// Not `!` (negation), `#` (comment), letters, digits or blanks: those mean something at the start of a line.
const DELIMITERS = '/,:;%~=@"&<>`\'-_|'

/** Returns the pattern between delimiters, slashes if it can be; undefined when it holds every possible one. */
export const delimit = (pattern: string): string | undefined => {
  const delimiter = DELIMITERS.split('').find(candidate => !pattern.includes(candidate))
  return delimiter === undefined ? undefined : delimiter + pattern + delimiter
}
