// Globs: * is any text, ? any one character, a backslash takes the meaning from *, ? or itself. Never catastrophic.

/** Tells whether a text is matched as a whole. */
export type Matcher = (text: string) => boolean

/** A run of literal characters and ?; for ? stands ANY, a code point that is no character. */
type Segment = string
const ANY = '\uffff'

/** True when a pattern has a * or ? that a backslash does not protect. */
export const isGlob = (pattern: string): boolean => /[*?]/.test(pattern.replace(/\\[*?\\]/g, ''))

/** Returns a pattern that is not a glob as the text it stands for. */
export const unescaped = (pattern: string): string => pattern.replace(/\\([*?\\])/g, '$1')

const segmentsOf = (pattern: string): Segment[] => {
  const segments = ['']
  for (const [token] of pattern.matchAll(/\\[*?\\]|[^]/g)) {
    if (token === '*') segments.push('')
    else segments[segments.length - 1] += token === '?' ? ANY : token.length === 2 ? token[1]! : token
  }
  return segments
}

/**
 * Compiles a glob. Each segment between stars is found leftmost, which suffices and never goes back: time is at most
 * the text's length times the longest segment's, whatever the pattern.
 */
export const compileGlob = (pattern: string): Matcher => {
  const segments = segmentsOf(pattern)
  const first = segments[0]!
  if (segments.length === 1) return text => text.length === first.length && matchesAt(text, first, 0)
  const last = segments.at(-1)!
  const middle = segments.slice(1, -1).filter(segment => segment !== '')
  return text => {
    const end = text.length - last.length
    if (end < first.length || !matchesAt(text, first, 0) || !matchesAt(text, last, end)) return false
    let position = first.length
    for (const segment of middle) {
      const found = find(text, segment, position, end)
      if (found === -1) return false
      position = found + segment.length
    }
    return true
  }
}

const matchesAt = (text: string, segment: Segment, at: number): boolean => {
  if (!segment.includes(ANY)) return text.startsWith(segment, at)
  for (let i = 0; i < segment.length; i++) if (segment[i] !== ANY && segment[i] !== text[at + i]) return false
  return true
}

// Where a segment lies first in text[from, end), -1 if nowhere.
const find = (text: string, segment: Segment, from: number, end: number): number => {
  if (!segment.includes(ANY)) {
    const found = text.indexOf(segment, from)
    return found + segment.length <= end ? found : -1
  }
  for (let at = from; at + segment.length <= end; at++) if (matchesAt(text, segment, at)) return at
  return -1
}
