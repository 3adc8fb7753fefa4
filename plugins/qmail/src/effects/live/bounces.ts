// bounce/N of purged messages: into the trash and out of it again, whatever qmail-send adds meanwhile.
import * as fs from 'node:fs'

import {fromSystem} from 'mailops/core'
import {readWhole} from 'mailops/effects'

const {O_APPEND, O_WRONLY, O_NOFOLLOW} = fs.constants

/** Appends a file to another in one write, then removes it. */
const append = (from: string, to: string): void => {
  const fd = fs.openSync(to, O_WRONLY | O_APPEND | O_NOFOLLOW)
  try {
    fs.writeSync(fd, readWhole(from))
  } finally {
    fs.closeSync(fd)
  }
  fs.unlinkSync(from)
}

/**
 * Moves a bounce, joining it to one that is there already: both are reports of recipients that failed for good.
 * @returns false when there was none
 */
export const moveBounce = (from: string, to: string): boolean => {
  if (fs.lstatSync(from, {throwIfNoEntry: false}) === undefined) return false
  try {
    if (fs.lstatSync(to, {throwIfNoEntry: false}) === undefined) fs.renameSync(from, to)
    else append(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // qmail-send has just sent it
    throw fromSystem(error, 'move', from)
  }
}

/** Removes a bounce for good; false when there was none. */
export const dropBounce = (path: string): boolean => {
  if (fs.lstatSync(path, {throwIfNoEntry: false}) === undefined) return false
  try {
    fs.unlinkSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // qmail-send has just sent it
    throw fromSystem(error, 'remove', path)
  }
}
