// Which files have to be copied, compared with what stands at their places.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError} from 'mailops/core'
import {requireSpace} from 'mailops/effects'

import {sameStood, type CopyPlan, type CopyStep} from '../../migrate/copy-steps.js'
import {placeIn, type Destination} from '../../migrate/destinations.js'
import {nameFlaw} from '../../source/portable-name.js'
import type {Source, SourceEntry} from '../../source/source.js'
import {look, requireReal} from './inside.js'

/** A file of an earlier run. */
export type Earlier = Pick<CopyStep, 'to' | 'base' | 'bytes' | 'mtimeMs'>

/** What a copy is made from. */
export interface CopyWish {
  readonly source: Source
  readonly destinations: readonly Destination[]
  /** Opaque files of the configuration and their absolute places. */
  readonly opaque: readonly {readonly entry: SourceEntry; readonly to: string}[]
  readonly target: string
  /** Leave what is the same by size and time; take away what an earlier run brought and the source has no more. */
  readonly delta: boolean
  readonly earlier: readonly Earlier[]
}

interface Wanted {
  readonly entry: SourceEntry
  readonly to: string
  readonly base: string
}

function* wantedOf({source, destinations, opaque, target}: CopyWish): Generator<Wanted> {
  for (const {entry, to} of opaque) yield {entry, to, base: target}
  const byAt = new Map(destinations.map(one => [one.at, one]))
  for (const entry of source.entries) {
    const place = placeIn(byAt, entry.name)
    if (place !== null) yield {entry, to: join(place.destination.to, ...place.rest.split('/')), base: place.destination.base}
  }
}

const isFoldedHere = process.platform === 'win32' || process.platform === 'darwin'

const missingDirectories = (paths: Iterable<string>): string[] => {
  const missing = new Set<string>()
  const known = new Set<string>()
  for (const path of paths) {
    const chain: string[] = []
    for (let at = path; !known.has(at); at = dirname(at)) {
      known.add(at)
      if (look(at) !== null) break
      chain.unshift(at)
    }
    for (const one of chain) missing.add(one)
  }
  return [...missing].toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
}

// The reader of a bundle has looked at names too; here they become paths.
const refuseName = (name: string): void => {
  const flaw = nameFlaw(name, process.platform)
  if (flaw !== null) throw new OpsError('NAME', `the source holds ${JSON.stringify(name)}: ${flaw}`, {exit: 'badData', hint: 'rename it on the old server'})
}

const clash = (a: string, b: string): OpsError =>
  new OpsError('CASE_COLLISION', `${a} and ${b} are one file on this host`, {exit: 'badData', hint: 'rename one of them on the old server'})

/**
 * Compares source and target and gives the steps.
 * @throws OpsError 65 for links in the way and names that are one here; 73 when there is no room
 */
export const planCopy = (wish: CopyWish): CopyPlan => {
  const steps: CopyStep[] = []
  const directories = new Set<string>()
  const real = new Set<string>()
  const places = new Map<string, string>()
  let same = 0
  for (const {entry, to, base} of wantedOf(wish)) {
    refuseName(entry.name)
    const key = isFoldedHere ? to.toLowerCase() : to
    const other = places.get(key)
    if (other !== undefined) throw clash(other, entry.name)
    places.set(key, entry.name)
    requireReal(base, dirname(to), real)
    directories.add(dirname(to))
    const stat = look(to)
    if (stat !== null && !stat.isFile()) throw new OpsError('NOT_A_FILE', `${to} is in the way: it is no file`, {exit: 'badData', hint: `look at it: ls -ld '${to}'`})
    const before = stat === null ? null : {bytes: stat.size, mtimeMs: stat.mtimeMs}
    if (wish.delta && before !== null && sameStood(before, {bytes: entry.bytes, mtimeMs: entry.mtimeMs})) same++
    else steps.push({name: entry.name, to, base, bytes: entry.bytes, mtimeMs: entry.mtimeMs, before})
  }
  const byAt = new Map(wish.destinations.map(one => [one.at, one]))
  for (const name of wish.source.emptyDirectories) {
    const place = placeIn(byAt, `${name}/x`)
    if (place !== null) directories.add(join(place.destination.to, ...place.rest.split('/').slice(0, -1)))
  }
  for (const file of wish.delta ? wish.earlier : []) {
    const stat = places.has(isFoldedHere ? file.to.toLowerCase() : file.to) ? null : look(file.to)
    if (stat === null || !stat.isFile() || !sameStood({bytes: stat.size, mtimeMs: stat.mtimeMs}, file)) continue
    steps.push({name: null, to: file.to, base: file.base, bytes: 0, mtimeMs: 0, before: {bytes: stat.size, mtimeMs: stat.mtimeMs}})
  }
  const plan = {steps, directories: missingDirectories(directories), bytes: steps.reduce((sum, {bytes}) => sum + bytes, 0), same}
  requireRoom(plan)
  return plan
}

const requireRoom = ({steps}: CopyPlan): void => {
  const byDevice = new Map<number, {path: string; bytes: number; inodes: number}>()
  const nearest = new Map<string, {path: string; dev: number}>()
  for (const {base, bytes, name} of steps) {
    if (name === null) continue
    const place = nearest.get(base) ?? nearestOf(base)
    nearest.set(base, place)
    const sum = byDevice.get(place.dev) ?? {path: place.path, bytes: 0, inodes: 0}
    byDevice.set(place.dev, {path: place.path, bytes: sum.bytes + Math.ceil(bytes / 4096) * 4096, inodes: sum.inodes + 1})
  }
  for (const {path, bytes, inodes} of byDevice.values()) requireSpace(path, {bytes, inodes})
}

const nearestOf = (path: string): {path: string; dev: number} => {
  for (let at = path; ; at = dirname(at)) {
    const stat = fs.statSync(at, {throwIfNoEntry: false})
    if (stat !== undefined) return {path: at, dev: stat.dev}
  }
}
