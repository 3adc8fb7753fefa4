// Where a directory that the configuration names is on this host, which may be another than its own.
import * as fs from 'node:fs'
import {dirname, join, resolve} from 'node:path'

import {lastSegment, segmentsOf} from '../../value/windows-path.js'

/** What is known of where things are. */
export interface Surroundings {
  /** Absolute. */
  readonly serviceDirectory: string
  /** Local copies of the domains' root, as --domains names them. */
  readonly domains?: readonly string[] | undefined
}

const isDirectory = (path: string): boolean => fs.lstatSync(path, {throwIfNoEntry: false})?.isDirectory() === true

/** True for a path that this host can open as it stands. */
export const isNative = (path: string): boolean =>
  process.platform === 'win32' ? /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/])/.test(path) : path.startsWith('/')

/** What was looked up already: fifty thousand domains of one missing root ask the same again and again. */
interface Memory {
  readonly names: Map<string, readonly string[]>
  readonly found: Map<string, string | null>
}

const memories = new WeakMap<Surroundings, Memory>()

const memoryOf = (around: Surroundings): Memory => {
  const known = memories.get(around)
  if (known !== undefined) return known
  const memory = {names: new Map<string, readonly string[]>(), found: new Map<string, string | null>()}
  memories.set(around, memory)
  return memory
}

const namesIn = (directory: string, {names}: Memory): readonly string[] => {
  const known = names.get(directory)
  if (known !== undefined) return known
  let list: readonly string[]
  try {
    list = fs.readdirSync(directory)
  } catch {
    list = [] // not there, or closed to us: then nothing of it is here
  }
  names.set(directory, list)
  return list
}

const lookBelow = (directory: string, name: string, memory: Memory): string | null => {
  const exact = join(directory, name)
  if (isDirectory(exact)) return exact
  const [one, ...others] = namesIn(directory, memory).filter(other => other.length === name.length && other.toLowerCase() === name.toLowerCase())
  return one !== undefined && others.length === 0 && isDirectory(join(directory, one)) ? join(directory, one) : null
}

/** A name below a directory, in the case in which it is written there; null when it is not, or when two differ in case only. */
const below = (directory: string, name: string, memory: Memory): string | null => {
  const key = `${directory}\0${name}`
  const known = memory.found.get(key)
  if (known !== undefined) return known
  const found = lookBelow(directory, name, memory)
  memory.found.set(key, found)
  return found
}

const descend = (directory: string, names: readonly string[], memory: Memory): string | null => {
  let at: string | null = directory
  for (const name of names) at = at === null ? null : below(at, name, memory)
  return at
}

const ANCESTORS = 4

// A copied tree: .../SmarterMail/Service and .../SmarterMail/Domains/example.com. Two names must agree, so that a
// directory that is only called like it is not taken; one is enough right beside the Service folder.
const beside = (path: string, serviceDirectory: string, memory: Memory): string | null => {
  const segments = segmentsOf(path)
  for (let taken = segments.length; taken >= 1; taken--) {
    let ancestor = serviceDirectory
    for (let n = 0; n < ANCESTORS; n++) {
      ancestor = dirname(ancestor)
      const found = descend(ancestor, segments.slice(-taken), memory)
      if (found !== null) return found
      if (taken < 2 || ancestor === dirname(ancestor)) break
    }
  }
  return null
}

/**
 * Where a configured directory is on this host: below one of --domains by its last name, at its own path, or beside the
 * Service folder in a copied tree; null when it is nowhere.
 */
export const localDirectory = (path: string, around: Surroundings): string | null => {
  const {serviceDirectory, domains = []} = around
  const memory = memoryOf(around)
  for (const root of domains) {
    const found = below(resolve(root), lastSegment(path), memory)
    if (found !== null) return found
  }
  if (isNative(path) && isDirectory(resolve(path))) return resolve(path)
  return beside(path, resolve(serviceDirectory), memory)
}
