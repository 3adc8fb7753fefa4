// Text of strangers (subjects, addresses, log lines, file names) made safe to show on a terminal.

// C0, DEL, C1; then what hides or reorders text: soft hyphen, zero width, bidi marks and overrides, line and paragraph
// separators, invisible operators, byte order mark, interlinear and tag characters, lone surrogates.
/** One such character, for `replace` (it is global). */
export const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu

/** `\n` and `\t` as themselves, everything else unsafe as `\x1b` or `\u{202e}`. */
const escape = (character: string): string => {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  if (character === '\r') return '\\r'
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/** As `terminalSafe`, for messages of several lines: their ends stay. */
export const terminalSafeLines = (text: string): string => text.split('\n').map(terminalSafe).join('\n')

/** As `terminalSafe`, for whole pages: ends of lines and tabs stay. */
export const terminalSafePage = (text: string): string => text.replace(UNSAFE, one => (one === '\n' || one === '\t' ? one : escape(one)))

/** One line of text in which no control, hiding or reordering character is left; each is shown as an escape. */
export const terminalSafe = (text: string): string => text.replace(UNSAFE, escape)
