// Makes keys as cPanel does, for machines where its monitor is switched off.
import {randomInt} from 'node:crypto'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'
import {find, noted, readSeen, run, syncDirectory, writeNew, type Argv, type BulkContext} from 'mailops/effects'

import {serviceAnomalies} from '../../serviceauth/anomaly.js'
import {directoryRights, KEY_BYTES, KEY_FILES, keyRights, SERVICEAUTH, type Owners} from '../../serviceauth/layout.js'
import {asideOf, ownersOf, type RenewalArgs} from '../../serviceauth/renewal.js'
import {lookAtService} from './look.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const PERL = '/usr/local/cpanel/3rdparty/bin/perl'
const CPANEL_MS = 60_000

const newKey = (): Buffer =>
  Buffer.from(Array.from({length: KEY_BYTES}, () => ALPHABET[randomInt(ALPHABET.length)]).join(''), 'latin1')

const isRight = (base: string, service: string, owners: Owners): boolean =>
  serviceAnomalies(lookAtService(base, service), owners).length === 0

/** Asks cPanel's own module, which knows its owners and modes best; it knows one place only. */
const byCpanel = async ({base}: RenewalArgs, service: string, context: BulkContext): Promise<void> => {
  if (base !== SERVICEAUTH || find(PERL) === null) return
  const program = 'Cpanel::ServiceAuth->new(shift)->generate_authkeys_if_missing()'
  const argv: Argv = [PERL, '-I/usr/local/cpanel', '-MCpanel::ServiceAuth', '-e', program, service]
  await run(argv, noted(argv, CPANEL_MS, note => context.note(note)))
}

/** Writes both keys in the place aside, then shows them in serviceauth by one rename: nobody ever sees half of them. */
const byHand = (args: RenewalArgs, service: string): void => {
  const owners = ownersOf(args)
  const waiting = join(asideOf(args), `${service}.made`)
  fs.rmSync(waiting, {recursive: true, force: true})
  const {mode, uid, gid} = directoryRights(service, owners)
  try {
    fs.mkdirSync(waiting, {mode: 0o700})
    for (const name of KEY_FILES) writeNew(join(waiting, name), newKey(), keyRights(service, owners))
    fs.chownSync(waiting, uid, gid ?? readSeen(waiting)?.gid ?? 0)
    fs.chmodSync(waiting, mode)
    syncDirectory(waiting)
    fs.renameSync(waiting, join(args.base, service))
    syncDirectory(args.base)
  } catch (error) {
    throw fromSystem(error, 'make keys in', waiting)
  }
}

/** Makes the keys of all services of a change, by cPanel's module where it is there and does it. */
export const generateKeys = async (args: RenewalArgs, context: BulkContext): Promise<void> => {
  const owners = ownersOf(args)
  for (const {service} of args.services) {
    await byCpanel(args, service, context)
    if (isRight(args.base, service, owners)) continue
    // What its module left half made would be in the way of the rename.
    fs.rmSync(join(args.base, service), {recursive: true, force: true})
    byHand(args, service)
  }
}
