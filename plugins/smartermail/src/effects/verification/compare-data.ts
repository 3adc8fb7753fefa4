// Holds the files of a target against digests: what is missing, what differs, what there is besides.
import {lstatSync} from 'node:fs'
import {dirname, join} from 'node:path'

import {fromSystem, isOpsError} from 'mailops/core'
import {digestOf} from 'mailops/effects'

import type {BundledFile, Manifest} from '../../bundle/manifest.js'
import type {Inventory} from '../../inventory/inventory.js'
import type {DomainCount, Finding, NotCompared} from '../../verification/finding.js'
import {placesOn, type Places} from '../../verification/places.js'
import {walk} from '../source/walk.js'

/** What the comparison of the data showed. */
export interface DataCompared {
  readonly findings: Finding[]
  readonly counts: DomainCount[]
  readonly notCompared: NotCompared[]
}

interface Count {
  files: number
  bytes: number
  same: number
  missing: number
  different: number
}

const isData = ({name}: BundledFile): boolean => !name.startsWith('service/')

/** Reads every file of the target that the manifest names. */
export const compareData = (manifest: Manifest, target: Inventory, progress: (bytes: number, total: number) => void): DataCompared => {
  const places = placesOn(manifest, target, dirname)
  const files = manifest.files.filter(isData)
  const total = files.reduce((sum, {bytes}) => sum + bytes, 0)
  const findings: Finding[] = []
  const counts = new Map<string, Count>()
  const placeless = new Map<string, number>()
  let done = 0
  for (const file of files) {
    const place = places.of(file.name)
    progress((done += file.bytes), total)
    if (place === null) {
      const root = places.domainOf(file.name) ?? file.name.split('/', 1)[0]!
      placeless.set(root, (placeless.get(root) ?? 0) + 1)
      continue
    }
    const count = counts.get(places.domainOf(file.name) ?? '') ?? {files: 0, bytes: 0, same: 0, missing: 0, different: 0}
    counts.set(places.domainOf(file.name) ?? '', count)
    const finding = compareOne(file, join(place.directory, ...place.rest.split('/')))
    count.files++
    count.bytes += file.bytes
    if (finding === null) count.same++
    else if (finding.code === 'FILE_MISSING') count.missing++
    else count.different++
    if (finding !== null) findings.push(finding)
  }
  const more = moreThan(manifest, places)
  return {findings, counts: [...counts].map(([domain, count]) => ({domain, ...count, more: more(domain)})), notCompared: [...placeless].map(([name, number]) => ({name, files: number}))}
}

const compareOne = ({name, bytes, sha256}: BundledFile, path: string): Finding | null => {
  try {
    const stat = lstatSync(path)
    if (!stat.isFile()) return {code: 'FILE_UNREADABLE', name, text: `${path} is no file`}
    if (stat.size !== bytes) return {code: 'FILE_DIFFERS', name, text: `${path} has ${stat.size} bytes, not ${bytes}`}
    return digestOf(path) === sha256 ? null : {code: 'FILE_DIFFERS', name, text: `${path} has another content of the same length`}
  } catch (error) {
    const known = fromSystem(error, 'read', path)
    if (!isOpsError(known)) throw error
    return {code: known.code === 'ENOENT' || known.code === 'ENOTDIR' ? 'FILE_MISSING' : 'FILE_UNREADABLE', name, text: known.message}
  }
}

/** Counts files below a domain's directory that the manifest does not name: mail that has come since, as a rule. */
const moreThan = ({domains, files}: Manifest, places: Places): ((domain: string) => number | null) => {
  const names = new Set(files.map(({name}) => name))
  return domain => {
    const at = domains.find(({name}) => name === domain)?.at ?? null
    const place = at === null ? null : places.of(at)
    if (at === null || place === null || place.rest !== '') return null
    return walk(place.directory).files.reduce((sum, {name}) => sum + (names.has(`${at}/${name}`) ? 0 : 1), 0)
  }
}
