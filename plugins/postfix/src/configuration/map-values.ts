// The pattern tables that stand in the value of a parameter.
import type {Engine} from '../table/pattern-use.js'

/** One table as a parameter names it. */
export interface NamedMap {
  readonly engine: Engine
  /** File name, or the table itself in braces. */
  readonly name: string
  /** Behind proxy:, so that proxymap(8) opens it. */
  readonly proxied: boolean
}

/** Returns the regexp: and pcre: tables of a value, those inside unionmap:, pipemap: and braces included. */
export const mapsIn = (value: string): NamedMap[] => {
  const maps: NamedMap[] = []
  const starts = /(?<=^|[\s,{}!])(proxy:)?(regexp|pcre):/g
  for (let start = starts.exec(value); start !== null; start = starts.exec(value)) {
    const from = starts.lastIndex
    const name = value[from] === '{' ? braced(value, from) : /^[^\s,{}]*/.exec(value.slice(from))![0]
    // What stands inside a table in place is its text, not more tables.
    starts.lastIndex = from + name.length
    if (name !== '') maps.push({engine: start[2] as Engine, name, proxied: start[1] !== undefined})
  }
  return maps
}

/** A list file of a match list: `/etc/postfix/relay-domains`, whose lines may name tables. */
export const listFilesIn = (value: string): string[] =>
  value.split(/[\s,]+/).flatMap(word => (/^!?\//.test(word) ? [word.replace(/^!/, '')] : []))

const braced = (value: string, from: number): string => {
  let level = 0
  for (let at = from; at < value.length; at++) {
    if (value[at] === '{') level++
    else if (value[at] === '}' && --level === 0) return value.slice(from, at + 1)
  }
  return value.slice(from)
}
