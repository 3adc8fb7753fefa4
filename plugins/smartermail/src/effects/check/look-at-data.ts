// What is wrong with the files of domains: names that Windows cannot have or takes for one, paths too long, links.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {finding, type Finding} from '../../check/finding.js'
import type {Domain} from '../../inventory/inventory.js'
import {PathsInData} from './paths-in-data.js'

/** Windows opens no longer path without being asked specially (MAX_PATH, the NUL included, is 260). */
const MOST_PATH = 259
const UNFIT = /[<>:"|?*\u0000-\u001f\\]|[. ]$|^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)/i
/** One finding a kind and domain is enough to act on. */
const MOST_EACH = 20

interface Looking {
  readonly domain: Domain
  readonly isWindows: boolean
  readonly found: Finding[]
  readonly paths: PathsInData
  files: number
  bytes: number
}

const lookAtNames = (looking: Looking, relative: string, names: readonly string[]): void => {
  const {domain, found} = looking
  const seen = new Map<string, string>()
  for (const name of names) {
    const path = relative === '' ? name : `${relative}/${name}`
    const other = seen.get(name.toLowerCase())
    if (other !== undefined) found.push(finding('CASE_COLLISION', domain.name, `${path} and ${other} are one file on Windows`))
    seen.set(name.toLowerCase(), path)
    if (!looking.isWindows) continue
    if (UNFIT.test(name)) found.push(finding('NAME_UNFIT', domain.name, `${path} is a name that Windows cannot have`))
    const length = domain.path.replace(/[\\/]+$/, '').length + 1 + path.length
    if (length > MOST_PATH) found.push(finding('PATH_TOO_LONG', domain.name, `${path} has ${length} characters with its directory`))
  }
}

const descend = (looking: Looking, root: string, relative: string): void => {
  let entries: fs.Dirent[]
  try {
    entries = fs.readdirSync(join(root, relative), {withFileTypes: true})
  } catch (error) {
    looking.found.push(finding('UNREADABLE', looking.domain.name, `${relative === '' ? root : relative}: ${(error as Error).message}`))
    return
  }
  lookAtNames(looking, relative, entries.map(({name}) => name))
  for (const entry of entries) {
    const path = relative === '' ? entry.name : `${relative}/${entry.name}`
    if (entry.isDirectory()) descend(looking, root, path)
    else if (entry.isSymbolicLink()) looking.found.push(finding('LINK', looking.domain.name, `${path} is a link; it is not brought along`))
    else if (entry.isFile()) {
      looking.files++
      const size = fs.lstatSync(join(root, path), {throwIfNoEntry: false})?.size ?? 0
      looking.bytes += size
      looking.paths.look(root, path, size)
    }
  }
}

/** Walks the directories of the domains that are here; gives findings and sizes. */
export const lookAtData = (domains: readonly Domain[], isWindows: boolean): {findings: Finding[]; files: number; bytes: number} => {
  const findings: Finding[] = []
  let files = 0
  let bytes = 0
  for (const domain of domains) {
    if (domain.local === null) continue
    const looking: Looking = {domain, isWindows, found: [], paths: new PathsInData(domain.path), files: 0, bytes: 0}
    descend(looking, domain.local, '')
    const {count, first} = looking.paths
    if (count > 0) looking.found.push(finding('PATH_IN_DATA', domain.name, `${first} names a path of the installation${count > 1 ? `, and ${count - 1} more of its files do` : ''}: look at them after the move`))
    for (const code of new Set(looking.found.map(one => one.code))) findings.push(...looking.found.filter(one => one.code === code).slice(0, MOST_EACH))
    files += looking.files
    bytes += looking.bytes
  }
  return {findings, files, bytes}
}
