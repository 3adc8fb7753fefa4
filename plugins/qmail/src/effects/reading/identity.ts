// Is mess/N still the message that was chosen? A number alone proves nothing: it is free again at once.
import {createHash} from 'node:crypto'

import {PRESENCE, type Presence} from '../../message/presence.js'
import type {MessageNumber} from '../../queue/number.js'
import {pathOf} from './look-up.js'
import {statOf, type MessStat} from './mess-stat.js'
import {MessageReader} from './message-reader.js'
import type {OpenQueue} from './open-queue.js'

/**
 * The identity of one message. The birth time of mess/N survives rename, chmod, utimes and a restore, and differs at each
 * reuse of the inode. A file system that does not keep it gives 0 or the ctime; then `fingerprint` counts instead.
 */
export interface Identity {
  readonly number: MessageNumber
  /** Inode number of mess/N. */
  readonly inode: MessageNumber
  /** Birth time in milliseconds since the epoch with fractions, as Node's birthtimeMs; 0 when there is none to trust. */
  readonly birthMs: number
  /** Bytes of mess/N. */
  readonly size: number
  /** Digest of sender, queue time and first Received line as a whole number; 0 where the birth time suffices. */
  readonly fingerprint: number
}

/** True when a birth time tells two tenants of an inode apart. */
export const isTrusted = ({birthMs, ctimeMs}: Pick<MessStat, 'birthMs' | 'ctimeMs'>): boolean =>
  birthMs > 0 && birthMs !== ctimeMs

/**
 * Returns what else tells a message from another tenant of its number, as 48 bits: info's time, sender, and the first
 * line of mess/N, in which qmail-queue wrote its pid and the date. Never 0.
 */
export const fingerprintOf = (reader: MessageReader): number => {
  const hash = createHash('sha256')
  const header = reader.header() ?? ''
  hash.update(JSON.stringify([reader.infoMtimeMs(), reader.sender(), header.slice(0, header.indexOf('\n') + 1)]))
  return hash.digest().readUIntBE(0, 6) || 1
}

/** Takes a loaded reader and returns the message's identity, null without mess/N. */
export const identityOf = (reader: MessageReader): Identity | null => {
  const mess = reader.mess()
  if (mess === null) return null
  const trusted = isTrusted(mess)
  const {inode, size} = mess
  return {
    number: reader.number,
    inode,
    size,
    birthMs: trusted ? mess.birthMs : 0,
    fingerprint: trusted ? 0 : fingerprintOf(reader),
  }
}

/** `same`, `gone` (no mess/N any more), or `other`: the number has a new tenant, touch nothing. */
export type Sameness = 'same' | 'gone' | 'other'

/**
 * Compares the message that has the number now with the one that was chosen: one stat(2) where the birth time counts.
 * The check holds for as long as nobody can end the message: under lock/sendmutex for S4 and S5, else only together with
 * a link or descriptor of mess/N taken before it, see `path`.
 * @param options.path another name of mess/N to look at (a link just made), instead of its place in the queue
 * @param options.presence files it has now, for the fallback; those of the snapshot when absent
 * @throws the system's error for anything but ENOENT
 */
export const sameMessage = (
  queue: OpenQueue,
  chosen: Identity & {readonly presence?: Presence},
  {path = pathOf(queue, 'mess', chosen.number), presence = chosen.presence ?? PRESENCE.mess}: {path?: string; presence?: Presence} = {},
): Sameness => {
  let stat: MessStat
  try {
    stat = statOf(path, chosen.number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone' // delivered, bounced or purged meanwhile
    throw error
  }
  if (stat.inode !== chosen.inode || stat.size !== chosen.size) return 'other'
  if (chosen.birthMs !== 0) return stat.birthMs === chosen.birthMs ? 'same' : 'other'
  const reader = new MessageReader(queue).load(chosen.number, presence | PRESENCE.mess)
  const fingerprint = fingerprintOf(reader)
  if (reader.vanished) return 'gone'
  return fingerprint === chosen.fingerprint ? 'same' : 'other'
}
