// The bulk change exim.serviceauth: old keys aside, new ones made by cPanel and proved; else the old ones back.
import {OpsError, describe, type BulkChange, type JsonObject} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import {parseServer} from '../../serviceauth/server.js'
import {asideOf, RENEWAL, renewalArgs, type RenewalArgs} from '../../serviceauth/renewal.js'
import {backUp} from './backup.js'
import {bringBack, dropAside, hasAside, isAside, makeAside, setAside, takeAwayNew} from './aside.js'
import {generateKeys} from './generate.js'
import {lookAtBase, lookAtService} from './look.js'
import {AFTER_RESTART_MS, proveKeys} from './prove.js'
import {restart} from './restart.js'
import {refuseInterrupted, waitForKeys} from './wait.js'

/** What the journal says once the new keys are proved. */
const PROVED = 'proved'
/** And before the first thing is moved or run. */
const BEGUN = 'begun'

/** The handler of renewals. */
export const renewalHandler = (): BulkHandler => ({
  name: RENEWAL,
  apply: (change, context) => renew(renewalArgs(change.args), context),
  undo: (change, context) => undo(renewalArgs(change.args), context),
  describeUndo,
  recover,
})

const refuseChanged = (args: RenewalArgs): void => {
  const base = lookAtBase(args.base)
  const changed = args.services.find(
    ({service, ino}) => (lookAtService(args.base, service).directory?.ino ?? null) !== ino,
  )
  if (base.type === 'directory' && base.dev === args.dev && changed === undefined) return
  throw new OpsError(
    'CHANGED',
    `${changed === undefined ? args.base : `${args.base}/${changed.service}`} changed since the plan was made; nothing was touched`,
    {
      exit: 'tryAgain',
      hint: 'run the command again',
    },
  )
}

const renew = async (args: RenewalArgs, context: BulkContext): Promise<BulkResult> => {
  refuseChanged(args)
  const old = args.services.filter(({ino}) => ino !== null).map(({service}) => service)
  const backup = old.length === 0 ? null : await backUp(args.base, old, context)
  makeAside(args)
  context.note({step: BEGUN})
  for (const service of old) setAside(args, service)
  if (args.generate) await generateKeys(args, context)
  refuseInterrupted(context)
  await restart(args.restart, context)
  // The command is not ours to cut off; whoever pressed ^C meanwhile is heard now.
  refuseInterrupted(context)
  await waitForKeys(args, context)
  const proved = await prove(args, context)
  context.note({step: PROVED})
  const result: JsonObject = {services: args.services.map(({service}) => service), backup, aside: asideOf(args), proved}
  return {result, complete: true}
}

const prove = async (args: RenewalArgs, context: BulkContext): Promise<string[]> => {
  if (args.verify === null) return []
  const server = parseServer(args.verify)
  const services = args.services.filter(one => one.prove).map(({service}) => service)
  for (const service of services) await proveKeys(args.base, service, {server, context, patienceMs: AFTER_RESTART_MS})
  return services
}

const gone = (args: RenewalArgs, service: string): OpsError =>
  new OpsError('KEYS_GONE', `the old keys of ${service} are no longer in ${asideOf(args)}`, {
    exit: 'usage',
    hint: 'the backup of the change has them: mailops history',
  })

const describeUndo = (raw: JsonObject): string => {
  const args = renewalArgs(raw)
  for (const {service, ino} of args.services) if (ino !== null && !isAside(args, service)) throw gone(args, service)
  return `put back the old keys of ${args.services.map(({service}) => service).join(', ')} in ${args.base}, then run: ${args.restart}`
}

/** Puts everything back as far as it is not; may be cut off and called again. */
const putBack = async (args: RenewalArgs, context: BulkContext): Promise<string[]> => {
  // It is removed last of all.
  if (!hasAside(args)) return []
  for (const {service, ino} of args.services) {
    if (ino === null) takeAwayNew(args, service)
    else if (isAside(args, service)) bringBack(args, service)
  }
  try {
    await restart(args.restart, context)
  } catch (error) {
    // The old keys are back all the same, and a command that fails now would fail at every recovery.
    const {message} = describe(error)
    context.warn(`${message}; the old keys are back, but whoever read the new ones has to be restarted by hand`)
    return [message]
  } finally {
    // Last: that it is gone is the sign that nothing is left to be done.
    dropAside(args)
  }
  return []
}

const undo = async (args: RenewalArgs, context: BulkContext): Promise<BulkResult> => {
  for (const {service, ino} of args.services) if (ino !== null && !isAside(args, service)) throw gone(args, service)
  const failed = await putBack(args, context)
  return {result: {services: args.services.map(({service}) => service), restored: true, failed}, complete: true}
}

const recover: BulkHandler['recover'] = async (change: BulkChange, context) => {
  const args = renewalArgs(change.args)
  const has = (step: string): boolean => context.notes.some(note => note['step'] === step)
  if (change.direction === 'undo') {
    await putBack(args, context)
    return 'done'
  }
  if (has(PROVED)) return 'done'
  // Before that note nothing was moved; an empty place aside may be there.
  if (has(BEGUN)) await putBack(args, context)
  else dropAside(args)
  return 'undone'
}
