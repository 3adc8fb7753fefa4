// Absolute paths within a value: the value itself, or parts of a command line, a list, a connection string.

/** Whose rules a path follows. */
export type PathStyle = 'windows' | 'posix'

/** A path within a value. */
export interface FoundPath {
  readonly start: number
  /** End of what surely belongs to it: the value's end, a quote, a list's separator. */
  readonly end: number
  readonly style: PathStyle
  /** The value is nothing but this path, so blanks in it belong to it. */
  readonly whole: boolean
}

// X:\ or X:/ with \\?\ before it or not; \\server\share, \\?\UNC\server\share; //server/share only where nothing precedes it.
const WINDOWS = /(?:\\\\\?\\)?[A-Za-z]:(?=[\\/]|$)|\\\\(?:\?\\UNC\\)?(?=[^\\/\s"'<>|?*:]+[\\/])|(?<=^|["'])\/\/(?=[^\\/\s"'<>|?*:]+\/)/g
// Before a path inside a value.
const BOUNDARY = /[\s"'=;,|<>(@]/
const END = /["<>|;\r\n\t]/
const POSIX_WHOLE = /^\/[^\s/"'<>|:*?\\;,][^"<>|*?\\;\r\n\t]*$/
const POSIX_PART = /(?<=^|[\s"'=;|])\/[^\s/"'<>|:*?\\;,]+(?:\/[^\s/"'<>|:*?\\;,]+)+\/?/g

const endOf = (value: string, start: number, quote: string): number => {
  for (let at = start; at < value.length; at++)
    if (value[at] === quote || END.test(value[at]!)) return at
  return value.length
}

const windowsPaths = (value: string): FoundPath[] => {
  const found: FoundPath[] = []
  for (const match of value.matchAll(WINDOWS)) {
    const start = match.index
    if ((found.at(-1)?.end ?? 0) > start && found.length > 0 && !BOUNDARY.test(value[start - 1] ?? ' ')) continue
    if (start > 0 && !BOUNDARY.test(value[start - 1]!)) continue
    const quote = value[start - 1] === "'" || value[start - 1] === '"' ? value[start - 1]! : '"'
    const last = found.at(-1)
    // `copy C:\a D:\b`: the first ends where the second begins.
    if (last !== undefined && last.end > start) found[found.length - 1] = {...last, end: value.slice(0, start).replace(/[\s,]+$/, '').length}
    const end = endOf(value, start + match[0].length, quote)
    found.push({start, end, style: 'windows', whole: start === 0 && end === value.length})
  }
  return found.length > 1 ? found.map(path => ({...path, whole: false})) : found
}

/** The absolute paths in a value, from left to right; a URL is none. */
export const pathsIn = (value: string): FoundPath[] => {
  if (value.includes('\\') || value.includes(':') || value.includes('//')) {
    const windows = windowsPaths(value)
    if (windows.length > 0) return windows
  }
  if (!value.includes('/')) return []
  // A blank before a slash begins another: /usr/bin/scan --db /var/lib/smartermail/db.
  if (POSIX_WHOLE.test(value) && !/\s\//.test(value)) return [{start: 0, end: value.length, style: 'posix', whole: true}]
  return [...value.matchAll(POSIX_PART)].map(match => ({
    start: match.index, end: match.index + match[0].length, style: 'posix' as const, whole: false,
  }))
}

/** A path that is the whole value, or null. */
export const wholePath = (value: string): FoundPath | null => {
  const [path, ...others] = pathsIn(value)
  return path?.whole === true && others.length === 0 ? path : null
}
