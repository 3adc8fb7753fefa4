// Reads the state directories of qgreylist and jgreylist: names and times, never a content.
import * as fs from 'node:fs'
import {basename, dirname, join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {jgreylistRecord, qgreylistAllow, qgreylistRecord, type Times} from '../../exchange/directory-names.js'
import type {Imported, ImportTarget} from '../../exchange/imported.js'

const namesIn = (path: string): string[] => {
  try {
    return fs.readdirSync(path)
  } catch (error) {
    throw fromSystem(error, 'read', path)
  }
}

const timesOf = (path: string): (Times & {isDirectory: boolean}) | null => {
  const stat = fs.lstatSync(path, {throwIfNoEntry: false})
  return stat === undefined ? null : {atime: stat.atimeMs, mtime: stat.mtimeMs, isDirectory: stat.isDirectory()}
}

/** Of so many files most with one atime: a copy that was unpacked or read through. */
const isCopied = (atimes: ReadonlyMap<number, number>): boolean => {
  const all = [...atimes.values()].reduce((sum, count) => sum + count, 0)
  return all >= 20 && Math.max(...atimes.values()) > all / 2
}

/**
 * qgreylist's directory; with `greylist` and `whitelist` in it, or a `whitelist` beside it, the whitelist too.
 * @param warn told when the times look as if a copy had lost them
 */
export const readQgreylist = function* (path: string, target: ImportTarget, warn: (text: string) => void): Generator<Imported> {
  const inner = join(path, 'greylist')
  const state = fs.existsSync(inner) && fs.statSync(inner).isDirectory() ? inner : path
  const atimes = new Map<number, number>()
  for (const name of namesIn(state)) {
    const times = name.startsWith('.') ? null : timesOf(join(state, name))
    if (times === null || times.isDirectory) continue
    const second = Math.floor(times.atime / 1000)
    if (second > Math.floor(times.mtime / 1000)) atimes.set(second, (atimes.get(second) ?? 0) + 1)
    yield qgreylistRecord(name, times, target)
  }
  if (isCopied(atimes)) warn(`most files of ${state} were read in the same second: in a copy made without cp -p every network counts as passed`)
  const whitelist = join(basename(state) === 'greylist' ? dirname(state) : state, 'whitelist')
  if (fs.existsSync(whitelist)) for (const name of namesIn(whitelist)) if (!name.startsWith('.')) yield qgreylistAllow(name, target.now)
}

/** jgreylist's directory: 192/000/002 by network, one level more by address. */
export const readJgreylist = function* (path: string, target: ImportTarget, below = ''): Generator<Imported> {
  for (const name of namesIn(join(path, below))) {
    const relative = below === '' ? name : `${below}/${name}`
    const times = timesOf(join(path, relative))
    if (times === null || name.startsWith('.')) continue
    if (!times.isDirectory) yield jgreylistRecord(relative, times, target)
    else if (relative.split('/').length < 4) yield* readJgreylist(path, target, relative)
  }
}
