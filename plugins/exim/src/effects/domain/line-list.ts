// Reads a list of domains below a root into the form that all lists of a system have.
import {join} from 'node:path'

import {parseList, type ListEntry} from '../../domain/list-file.js'
import {domainForm} from '../../domain/name.js'
import type {ListSource} from '../../domain/system.js'
import {namesIn, readText} from './root.js'

/** A file with a domain a line. */
export const lineList = (root: string, path: string, role: ListSource['role']): ListSource => {
  const text = readText(root, path)
  const {entries, odd, lacksFinalNewline} = parseList(text ?? '')
  return {
    role,
    path: join(root, path),
    exists: text !== null,
    entries,
    patterns: [],
    defects: [
      ...(lacksFinalNewline ? ['no newline at its end'] : []),
      ...(odd.length === 0 ? [] : [`no domain in line ${odd.slice(0, 5).join(', ')}${odd.length > 5 ? ' ...' : ''}`]),
    ],
  }
}

/** Items of a setting: domains, and patterns that are none; all in one line of their file. */
export const entriesOf = (items: readonly string[], line: number): {entries: ListEntry[]; patterns: string[]} => {
  const entries = items.flatMap((item): ListEntry[] => {
    const domain = domainForm(item)
    return domain === null ? [] : [{domain, line, works: true, defects: []}]
  })
  return {entries, patterns: items.filter(item => domainForm(item) === null)}
}

/** A directory whose names are the domains (dsearch). */
export const directoryList = (root: string, path: string, role: ListSource['role']): ListSource => {
  const names = namesIn(root, path)
  return {role, path: join(root, path), isDirectory: true, exists: names !== null, defects: [], ...entriesOf(names ?? [], 0)}
}
