// Patterns written as /regex/ or /regex/i.
import {usageError} from './usage-error.js'

/**
 * Takes a pattern and the option's name and returns its source and flags, undefined when it is no regex. USAGE for
 * unknown flags or a bad expression. A text with an @ after a lone first slash is an X.400 address, not a regex.
 */
export const parseRegex = (pattern: string, option: string): {source: string; flags: '' | 'i'} | undefined => {
  if (!pattern.startsWith('/')) return undefined
  const match = /^\/([^]*)\/([a-z]*)$/.exec(pattern)
  if (match === null) {
    if (pattern.includes('@')) return undefined
    throw usageError(option, pattern, 'a regex without its closing /', 'write /expression/ or /expression/i')
  }
  const [, source, flags] = match as unknown as [string, string, string]
  if (flags !== '' && flags !== 'i')
    throw usageError(option, pattern, `unknown flags '${flags}'`, 'only i (ignore case) may follow the closing /')
  if (source === '') throw usageError(option, pattern, 'an empty regular expression')
  try {
    return {source, flags: new RegExp(source, flags).ignoreCase ? 'i' : ''}
  } catch (error) {
    // SyntaxError: the administrator's expression, and its message ends with what is wrong.
    throw usageError(option, pattern, `bad regular expression: ${(error as Error).message.replace(/^.*: /s, '')}`)
  }
}

/**
 * Returns the forms in which a text typed by a person may stand in latin1 bytes: each char as a byte, as our own output
 * shows addresses, and UTF-8, as the terminal sends it. One form where they are the same.
 */
export const byteForms = (text: string): string[] => {
  if (!/[\u0080-\uffff]/.test(text)) return [text]
  const utf8 = Buffer.from(text, 'utf8').toString('latin1')
  return /[\u0100-\uffff]/.test(text) ? [utf8] : [text, utf8]
}
