// A list of domains, one a line: read with everything that may be wrong with it, and edited with all else left as it is.
import {domainForm} from './name.js'

export type LineDefect = 'CRLF' | 'LEADING_SPACE' | 'TRAILING_SPACE' | 'TRAILING_DOT' | 'UPPER_CASE' | 'DUPLICATE'

/** One domain of a list. */
export interface ListEntry {
  readonly domain: string
  /** Counted from 1. */
  readonly line: number
  /** Whether Exim's lsearch (lookups/lsearch.c) finds it in spite of its defects; we ran it. */
  readonly works: boolean
  readonly defects: readonly LineDefect[]
}

/** A list as read. */
export interface DomainList {
  readonly entries: readonly ListEntry[]
  /** Numbers of lines that are neither domain nor comment; wildcards are among them. */
  readonly odd: readonly number[]
  readonly lacksFinalNewline: boolean
}

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

// A colon or a blank ends the key of lsearch.
const keyOf = (line: string): string => /^[^\s:]*/.exec(line.trimStart())?.[0] ?? ''

const isComment = (line: string): boolean => /^\s*(#|$)/.test(line)

const defectsOf = (line: string): LineDefect[] => {
  const body = line.replace(/\r?\n$/, '')
  const key = keyOf(body)
  const found: [boolean, LineDefect][] = [
    [/\r\n$|\r$/.test(line), 'CRLF'],
    [/^\s/.test(body), 'LEADING_SPACE'],
    [/[ \t]\r?$/.test(body), 'TRAILING_SPACE'],
    [key.endsWith('.'), 'TRAILING_DOT'],
    [/[A-Z]/.test(key), 'UPPER_CASE'],
  ]
  return found.flatMap(([is, defect]) => (is ? [defect] : []))
}

/** Reads a list; never fails. */
export const parseList = (text: string): DomainList => {
  const entries: ListEntry[] = []
  const odd: number[] = []
  const seen = new Set<string>()
  for (const [index, line] of linesOf(text).entries()) {
    if (isComment(line)) continue
    const domain = domainForm(keyOf(line))
    if (domain === null) {
      odd.push(index + 1)
      continue
    }
    const defects = defectsOf(line)
    // To lsearch a line that begins with a blank goes on with the one before, and a final dot is part of the key.
    const works = !defects.includes('LEADING_SPACE') && !defects.includes('TRAILING_DOT')
    entries.push({domain, line: index + 1, works, defects: seen.has(domain) ? [...defects, 'DUPLICATE'] : defects})
    seen.add(domain)
  }
  return {entries, odd, lacksFinalNewline: text !== '' && !text.endsWith('\n')}
}

const names = (line: string, domain: string): boolean => !isComment(line) && domainForm(keyOf(line)) === domain

const withFinalNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)

/** Takes a domain out, in whatever form and how often it stands there; every other byte stays. */
export const removeFromList = (text: string, domain: string): string =>
  linesOf(text)
    .filter(line => !names(line, domain))
    .join('')

/**
 * Puts a domain in: the first line that names it is put right, further ones go; without one it is added at the end. Its
 * line ends with a bare newline whatever the others do, which every reader of such lists takes.
 */
export const addToList = (text: string, domain: string): string => {
  const lines = linesOf(text)
  const first = lines.findIndex(line => names(line, domain))
  if (first < 0) return `${withFinalNewline(text)}${domain}\n`
  return lines
    .flatMap((line, index) => (index === first ? [`${domain}\n`] : names(line, domain) ? [] : [line]))
    .join('')
}
