// JSON that may be looked at on a terminal: the same value, no character in it that controls, hides or reorders.
import {UNSAFE} from './terminal-safe.js'

const NOT_ASCII = /[^\n -~]/

const escape = (text: string): string => {
  let escaped = ''
  for (let at = 0; at < text.length; at++) escaped += `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`
  return escaped
}

/**
 * As JSON.stringify, which leaves DEL, the C1 controls (CSI among them) and bidirectional marks as they are.
 * @param indent blanks a level; 0 for one line
 */
export const jsonText = (value: unknown, indent = 0): string => {
  const text = JSON.stringify(value, null, indent)
  // Of a million rows hardly any has more than ASCII.
  if (!NOT_ASCII.test(text)) return text
  // Line ends of the indentation are the only C0 that JSON.stringify leaves.
  return text.replace(UNSAFE, unsafe => (unsafe === '\n' ? unsafe : escape(unsafe)))
}
