// The record of a copy: every step, written and synced before the first is taken, so that recovery and undo need nothing else.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'
import {privateDirectory, syncDirectory, type StatePlace} from 'mailops/effects'

import type {CopyPlan, CopyStep} from '../../migrate/copy-steps.js'

/** Where a copy keeps its record. */
export const recordPath = (place: StatePlace, token: string): string => join(place.state, 'smartermail', `${token}.jsonl`)

/** The directory in a base that new files are written in and replaced ones are kept in. */
export const keepIn = (base: string, token: string): string => join(base, `.mailops-${token}`)

const LINES_AT_ONCE = 10_000

/** Writes the record of a copy, 0600, synced. */
export const writeRecord = (place: StatePlace, token: string, plan: CopyPlan): void => {
  const path = recordPath(place, token)
  privateDirectory(place.state, 0o711)
  privateDirectory(dirname(path))
  const fd = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL, 0o600)
  try {
    for (let n = 0; n < plan.directories.length; n += LINES_AT_ONCE)
      fs.writeSync(fd, plan.directories.slice(n, n + LINES_AT_ONCE).map(directory => `${JSON.stringify({directory})}\n`).join(''))
    for (let n = 0; n < plan.steps.length; n += LINES_AT_ONCE)
      fs.writeSync(fd, plan.steps.slice(n, n + LINES_AT_ONCE).map(step => `${JSON.stringify(step)}\n`).join(''))
    fs.writeSync(fd, '{"end":true}\n')
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  syncDirectory(dirname(path))
}

/** What a record holds. */
export interface CopyRecord {
  readonly directories: readonly string[]
  readonly steps: readonly CopyStep[]
}

/** Reads a record; null when there is none or it was cut off: then nothing had been done. */
export const readRecord = (place: StatePlace, token: string): CopyRecord | null => {
  let text: string
  const path = recordPath(place, token)
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null // never written, or taken away by an undo
    throw fromSystem(error, 'read', path)
  }
  const lines = text.split('\n')
  if (lines.at(-2) !== '{"end":true}') return null
  const directories: string[] = []
  const steps: CopyStep[] = []
  try {
    for (const line of lines.slice(0, -2)) {
      const one = JSON.parse(line) as CopyStep & {directory?: string}
      if (one.directory === undefined) steps.push(one)
      else directories.push(one.directory)
    }
  } catch (error) {
    throw new OpsError('RECORD_DAMAGED', `${path} is damaged`, {exit: 'badData', hint: `compare ${path} with what is in place`, cause: error})
  }
  return {directories, steps}
}
