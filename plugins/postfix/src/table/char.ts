// ISSPACE and ISALNUM of Postfix (sys_defs.h): ASCII only, whatever the locale.

/** The bytes that ISSPACE accepts. */
export const isSpace = (char: string | undefined): boolean =>
  char !== undefined && char !== '' && ' \t\n\v\f\r'.includes(char)

/** True for ASCII letters and digits; false for undefined. */
export const isAlnum = (char: string | undefined): boolean => char !== undefined && /^[0-9A-Za-z]$/.test(char)

/** Returns the text without white space at its end (trimblanks). */
export const trimEnd = (text: string): string => text.replace(/[ \t\n\v\f\r]+$/, '')

/** Returns the first position from `at` on that is not white space. */
export const skipSpace = (text: string, at: number): number => {
  let next = at
  while (isSpace(text[next])) next++
  return next
}
