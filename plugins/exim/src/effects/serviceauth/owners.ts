// Whose the keys should be on this machine, and whether we may change them.
import * as fs from 'node:fs'

import {OpsError} from 'mailops/core'

import type {Owners} from '../../serviceauth/layout.js'
import {lookAtBase} from './look.js'

const gidOf = (group: string): number | null => {
  let text: string
  try {
    text = fs.readFileSync('/etc/group', 'utf8')
  } catch {
    return null // no such file on this system: then the group of the keys says nothing
  }
  const fields = text
    .split('\n')
    .map(line => line.split(':'))
    .find(([name]) => name === group)
  const gid = Number(fields?.[2])
  return fields !== undefined && Number.isInteger(gid) ? gid : null
}

/**
 * Root and group mail; in a tree that belongs to the user who runs us (a rehearsal), himself and his group. For another's
 * tree it is root and mail all the same: that is what it should be.
 */
export const ownersOf = (base: string): Owners => {
  const uid = process.geteuid?.() ?? 0
  if (uid === 0 || lookAtBase(base).uid !== uid) return {uid: 0, mailGid: gidOf('mail')}
  return {uid, mailGid: process.getegid?.() ?? null}
}

/**
 * Refuses everybody who could not give the keys to root and mail again.
 * @throws OpsError 77 `NOT_ROOT`
 */
export const requireOwner = (base: string): void => {
  const uid = process.geteuid?.() ?? 0
  if (uid === 0 || fs.lstatSync(base, {throwIfNoEntry: false})?.uid === uid) return
  throw new OpsError('NOT_ROOT', `only root may change the keys in ${base} (this is uid ${uid})`, {
    exit: 'noPermission',
    hint: 'sudo mailops exim reset-serviceauth',
  })
}
