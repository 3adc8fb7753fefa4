// Lists what is below a directory: files, empty directories, and what cannot be taken along, with the reason.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {nameFlaw} from '../../source/portable-name.js'
import type {LeftOut} from '../../source/source.js'

/** A file as it was when it was listed. */
export interface Found {
  /** Relative to the directory that was walked, parted by `/`. */
  readonly name: string
  readonly bytes: number
  /** Whole milliseconds. */
  readonly mtimeMs: number
  readonly ctimeMs: number
}

/** What was found below a directory. */
export interface Walked {
  readonly files: Found[]
  readonly emptyDirectories: string[]
  readonly leftOut: LeftOut[]
}

/** What is looked for, and who hears how far it is. */
export interface WalkOptions {
  /** Names for which it gives false are passed over without a word, directories with all that is below. */
  readonly wanted?: (name: string, isDirectory: boolean) => boolean
  /** Called with the number of files so far. */
  readonly progress?: (files: number) => void
}

// What an earlier migration to this place has replaced, kept for its undo: no part of the installation.
const KEPT = /^\.mailops-[0-9a-f]{12}$/

const byName = (a: fs.Dirent, b: fs.Dirent): number => (a.name < b.name ? -1 : 1)

/** Walks a directory depth first, names in order; links are never followed, other file systems are. */
export const walk = (directory: string, {wanted = () => true, progress = () => undefined}: WalkOptions = {}): Walked => {
  const walked: Walked = {files: [], emptyDirectories: [], leftOut: []}
  // A stack, since mail folders may be nested deeper than calls may.
  const waiting = ['']
  while (waiting.length > 0) {
    const at = waiting.pop()!
    const below = listOne({directory, at, wanted}, walked)
    waiting.push(...below.toReversed())
    progress(walked.files.length)
  }
  return walked
}

interface Place {
  readonly directory: string
  readonly at: string
  readonly wanted: (name: string, isDirectory: boolean) => boolean
}

/** Takes in one directory; gives the directories in it. */
const listOne = ({directory, at, wanted}: Place, walked: Walked): string[] => {
  const path = join(directory, ...at.split('/'))
  let entries: fs.Dirent[]
  try {
    entries = fs.readdirSync(path, {withFileTypes: true}).toSorted(byName)
  } catch (error) {
    // One directory that cannot be read is reported; all others are taken.
    walked.leftOut.push({name: at, ...reasonOf(error)})
    return []
  }
  if (entries.length === 0 && at !== '') walked.emptyDirectories.push(at)
  const below: string[] = []
  for (const entry of entries) {
    const name = at === '' ? entry.name : `${at}/${entry.name}`
    if (KEPT.test(entry.name) || !wanted(name, entry.isDirectory())) continue
    const left = entry.isFile() ? takeFile(walked, name, join(path, entry.name)) : notAFile(entry, name, path)
    if (left !== null) walked.leftOut.push(left)
    else if (entry.isDirectory()) below.push(name)
  }
  return below
}

// U+FFFD stands for bytes that are no UTF-8: the name as read is not the name on the disk.
const badName = (name: string): string | null => (name.includes('\ufffd') ? 'it is no UTF-8' : nameFlaw(name))

const takeFile = (walked: Walked, name: string, path: string): LeftOut | null => {
  const flaw = badName(name)
  if (flaw !== null) return {name, reason: 'name', detail: flaw}
  try {
    const {size, mtimeMs, ctimeMs} = fs.lstatSync(path)
    walked.files.push({name, bytes: size, mtimeMs: Math.trunc(mtimeMs), ctimeMs: Math.trunc(ctimeMs)})
    return null
  } catch (error) {
    // Gone since the directory was read, or out of reach: reported, the others are taken.
    return {name, ...reasonOf(error)}
  }
}

const notAFile = (entry: fs.Dirent, name: string, directory: string): LeftOut | null => {
  if (entry.isSymbolicLink()) return {name, reason: 'link', detail: linkTarget(join(directory, entry.name))}
  if (!entry.isDirectory()) return {name, reason: 'special'}
  const flaw = badName(name)
  return flaw === null ? null : {name, reason: 'name', detail: flaw}
}

const linkTarget = (path: string): string => {
  try {
    return fs.readlinkSync(path)
  } catch {
    // Gone meanwhile: then where it led does not matter.
    return '?'
  }
}

/** Why a file could not be taken. */
export const reasonOf = (error: unknown): {reason: LeftOut['reason']; detail: string} => {
  const {code = '', message} = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return {reason: 'vanished', detail: code}
  return code === 'ELOOP' || code === 'LED_OUT' ? {reason: 'link', detail: message} : {reason: 'unreadable', detail: code || message}
}
