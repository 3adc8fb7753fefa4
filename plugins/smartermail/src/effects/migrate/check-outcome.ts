// Looks at what a migration has left: every byte of the configuration, every directory of a domain.
import {createHash} from 'node:crypto'
import * as fs from 'node:fs'

import {OpsError} from 'mailops/core'
import {digestOf} from 'mailops/effects'

import type {Migration} from './prepare.js'

const wrong = (message: string): OpsError => new OpsError('NOT_AS_PLANNED', `${message}; everything was taken back`, {exit: 'io', hint: 'run the command again; look at the disk if it happens twice'})

/**
 * Compares the disk with the plan.
 * @param moved names of files that the source took away or changed while they were copied: they are not there
 * @throws OpsError 74 `NOT_AS_PLANNED`
 */
export const checkOutcome = async ({written, destinations, copy}: Migration, moved: ReadonlySet<string> = new Set()): Promise<void> => {
  for (const {path, bytes} of written)
    if (digestOf(path) !== createHash('sha256').update(bytes).digest('hex')) throw wrong(`${path} does not hold what was written`)
  for (const {name, to, bytes} of copy.steps) {
    if (name === null || moved.has(name)) continue
    if (fs.lstatSync(to, {throwIfNoEntry: false})?.size !== bytes) throw wrong(`${to} is not as it was copied`)
  }
  const made = new Set(copy.directories)
  for (const {to, what} of destinations)
    if (made.has(to) && !fs.lstatSync(to, {throwIfNoEntry: false})?.isDirectory()) throw wrong(`the directory of ${what} is not there: ${to}`)
}
