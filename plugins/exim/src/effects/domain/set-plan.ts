// Makes the plan that gives a domain its role: by cPanel's API where there is one, else file by file.
import {createHash} from 'node:crypto'
import {dirname, join} from 'node:path'

import {OpsError, type Change, type Plan, type RunChange, type WriteChange} from 'mailops/core'
import {find, readSeen} from 'mailops/effects'

import {mxcheckFor, mxcheckOf, ownerOf, withMxcheck, type Mxcheck} from '../../domain/mxcheck.js'
import {editsFor, type Edit} from '../../domain/set-edits.js'
import {listedRole, listingsOf, type MailSystem, type Role} from '../../domain/system.js'
import {apiChange} from './cpanel-api.js'
import {isThere, readText} from './root.js'

/** What is wanted, and by what means. */
export interface SetOptions {
  readonly root: string
  readonly system: MailSystem
  readonly domain: string
  readonly role: Role
  /** cPanel's API; null: none, or not wanted. */
  readonly api: string | null
}

const UPDATE = 'update-exim4.conf'

const changed = (path: string): OpsError =>
  new OpsError('CHANGED', `${path} changed while it was read; nothing was changed`, {
    exit: 'tryAgain',
    hint: 'run the command again',
  })

const refuseLocked = (path: string): void => {
  // cPanel's scripts lock a file so while they write it.
  if (readSeen(`${path}.lock`) === null) return
  throw new OpsError('LOCKED', `${path} is being written by cPanel (${path}.lock is there); nothing was changed`, {
    exit: 'tryAgain',
    hint: 'run the command again; if nobody is at work, remove that lock',
  })
}

const writeChange = ({path, edit, why}: Edit): WriteChange[] => {
  const before = readSeen(path, {digest: true})
  const text = readText('/', path) ?? ''
  const after = edit(text)
  if (after === text) return []
  refuseLocked(path)
  if (before?.type === 'file' && before.sha256 !== createHash('sha256').update(text, 'latin1').digest('hex'))
    throw changed(path)
  return [
    {kind: 'write', path, before, after: Buffer.from(after, 'latin1'), ...(before === null && {mode: 0o644}), why},
  ]
}

/** Debian's Exim reads what this makes of its settings; run before them too, so that an undo, which goes backwards, ends with it. */
const aroundDebian = ({root, system}: SetOptions, changes: readonly Change[]): Change[] => {
  const program = root === '/' && system.kind === 'debian-exim' && changes.length > 0 ? find(UPDATE) : null
  if (program === null) return [...changes]
  const update = (why: string): RunChange => ({kind: 'run', argv: [program], undo: [program], why})
  return [
    update('the configuration as it is, and again at the end of an undo'),
    ...changes,
    update('make the configuration that Exim reads'),
  ]
}

interface Owned {
  readonly user: string
  readonly path: string
  readonly mxcheck: Mxcheck | null
}

const ownedBy = ({root, system, domain}: SetOptions): Owned | null => {
  const user = system.kind === 'cpanel' ? ownerOf(readText(root, '/etc/userdomains') ?? '', domain) : null
  if (user === null) return null
  const path = `/var/cpanel/users/${user}`
  const text = readText(root, path)
  return {user, path: join(root, path), mxcheck: text === null ? null : mxcheckOf(text, domain)}
}

/** Whether the lists and MXCHECK say it already, without defects that count. */
const isSet = ({system, domain, role}: SetOptions, owned: Owned): boolean => {
  const listed = listedRole(listingsOf(system, domain))
  return listed.role === role && !listed.isConflict && owned.mxcheck === mxcheckFor(role)
}

const fileChanges = (options: SetOptions, owned: Owned | null): Change[] => {
  const {system, domain, role} = options
  // Else cPanel would put its lists back at the next chance; `auto` is for it to decide, and told by check-domain.
  const setting: Edit[] =
    owned === null || owned.mxcheck === null
      ? []
      : [
          {
            path: owned.path,
            edit: text => withMxcheck(text, domain, mxcheckFor(role)),
            why: `MXCHECK-${domain}=${mxcheckFor(role)}`,
          },
        ]
  return aroundDebian(options, [...editsFor(system, domain, role), ...setting].flatMap(writeChange))
}

/** The plan; without changes when everything is so already. */
export const setPlan = (options: SetOptions): Plan => {
  const {root, system, domain, role, api} = options
  const owned = ownedBy(options)
  const changes =
    api === null || owned === null
      ? fileChanges(options, owned)
      : isSet(options, owned)
        ? []
        : [
            apiChange({
              program: api,
              user: owned.user,
              domain,
              mxcheck: mxcheckFor(role),
              before: owned.mxcheck ?? 'auto',
            }),
          ]
  const first = system.lists[0]?.path
  return {
    subject: 'exim set-domain',
    resource: first !== undefined && isThere('/', dirname(first)) ? dirname(first) : root,
    changes,
  }
}
