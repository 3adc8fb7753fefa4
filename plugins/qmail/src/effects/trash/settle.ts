// Sets right what a crash left on its way between queue and trash, so that each message is wholly in one of them.
import * as fs from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {stateRow} from '../../message/state-table.js'
import type {MessageNumber} from '../../queue/number.js'
import {REMOVAL_ORDER} from '../../queue/order.js'
import type {TrashedMessage} from '../../trash/manifest.js'
import {pullTrigger} from '../live/sending.js'
import {isSameFile, moveAside} from '../purge-offline/move-aside.js'
import {partsInOrder, pathIn, type PartPaths} from '../purge-offline/paths.js'
import {inside} from '../purge-offline/remove.js'
import {lookUp, sameMessage, scanQueue, type Identity, type OpenQueue, type Scan} from '../reading/index.js'
import {headlessIn, trashAsQueue} from './contents.js'
import {awaitInjected, Finishing} from './injected.js'
import {dropPin} from './pinned.js'
import type {Trash} from './place.js'
import {moveBack, restoreOrder} from './restore.js'

/** How a message that is half here and half there is brought to an end. */
export interface Settling {
  readonly queue: OpenQueue
  readonly trash: Trash
  readonly signal: AbortSignal
  /** True when lock/sendmutex is ours. */
  readonly locked: boolean
}

/** qmail-send unlinks mess/N right after info/N; whatever lasts longer than this is not about to end. */
const ENDING_MS = 1_000

/** True for what had no mess file when it was purged. */
const isRemains = ({presence}: TrashedMessage): boolean => (presence & PRESENCE.mess) === 0

const below = (queue: OpenQueue, trash: Trash): string => `${trash.path.slice(queue.path.length + 1)}/`

const identityOf = ({number, birthMs, size, fingerprint = 0, presence}: TrashedMessage): Identity & {presence: Presence} =>
  ({number, inode: number, birthMs, size, fingerprint, presence})

/**
 * After a purge that was cut off: the rest of the messages it was at (one a thread) follows into the trash. Needs the
 * lock, unless there is none.
 * @returns numbers of messages that need the lock; empty when all is settled
 */
export const settlePurge = ({queue, trash, locked}: Settling): Promise<MessageNumber[]> =>
  inside(queue, async () => {
    const finishing = new Finishing(queue, trash)
    const left: MessageNumber[] = []
    const trashed = scanQueue(trashAsQueue(queue, trash))
    dropSecondNames(queue, trash, trashed)
    for (const message of headlessIn(trash, trashed)) {
      if (isRemains(message)) {
        // A new tenant of the number has none of them: what it needs would not have been made beside them.
        if (locked && (lookUp(queue, message.number) & PRESENCE.mess) === 0) takeRest(queue, message.number, below(queue, trash))
        continue
      }
      // Started without recovery, qmail-send has ended it: what we have of it is of no use to anybody.
      if (sameMessage(queue, identityOf(message)) !== 'same') finishing.drop(message.number)
      else if (!locked) left.push(message.number)
      else takeRest(queue, message.number, below(queue, trash))
    }
    return left
  })

const takeRest = (queue: OpenQueue, n: MessageNumber, into: string): void => {
  const presence = lookUp(queue, n)
  const {purge} = stateRow(presence)
  // The last prefixes are S3 and S2, which a purge does not touch; here the identity says that it is ours.
  for (const part of partsInOrder(queue.layout, purge.length > 0 ? purge : REMOVAL_ORDER))
    if ((presence & part.bit) !== 0) moveAside(pathIn(part, n), into + pathIn(part, n))
}

/**
 * Takes away the name that mess/N, the last file of its message, still had in the queue when the crash came between link
 * and unlink. Whoever has the lock: without info and todo nobody but qmail-clean looks at it.
 */
const dropSecondNames = (queue: OpenQueue, trash: Trash, trashed: Scan): void => {
  const [mess] = partsInOrder(queue.layout, ['mess'])
  const queued = scanQueue(queue)
  for (let i = 0; i < queued.length; i++) {
    if (queued.presenceAt(i) !== PRESENCE.mess) continue
    const n = queued.numberAt(i)
    const at = trashed.indexOf(n)
    if (at === -1 || (trashed.presenceAt(at) & PRESENCE.mess) === 0) continue
    if (isSameFile(pathIn(mess!, n), below(queue, trash) + pathIn(mess!, n))) fs.unlinkSync(pathIn(mess!, n))
  }
}

/** After a restore that was cut off: whatever was begun is finished, under the lock or with qmail-send running. */
export const settleRestore = async (settling: Settling): Promise<void> => {
  const {queue, trash, signal} = settling
  dropPin(trash)
  const injected: Identity[] = []
  const unsure: [TrashedMessage, Presence][] = []
  await inside(queue, async () => {
    const scan = scanQueue(trashAsQueue(queue, trash))
    takeBackEnvelopes(settling, scan)
    for (const message of headlessIn(trash, scan)) {
      const remains = scan.presenceAt(scan.indexOf(message.number))
      const outcome = finishOne(settling, message, remains)
      if (outcome === 'injected') injected.push(identityOf(message))
      if (outcome === 'unsure') unsure.push([message, remains])
    }
    if (unsure.length > 0) await delay(ENDING_MS)
    for (const [message, remains] of unsure) finishOne({...settling, sure: true}, message, remains)
  })
  if (injected.length > 0 && !settling.locked) pullTrigger(queue.path)
  await awaitInjected({queue, trash, signal}, injected)
}

/** intd/N came first and mess/N did not follow: it goes away again, or back to where it was. */
const takeBackEnvelopes = ({queue, trash}: Settling, scan: Scan): void => {
  const [intd] = partsInOrder(queue.layout, ['intd'])
  for (const n of numbersOf(intd!)) {
    const at = scan.indexOf(n)
    const there = at === -1 ? 0 : scan.presenceAt(at)
    if ((there & PRESENCE.mess) === 0 || (lookUp(queue, n) & PRESENCE.mess) !== 0) continue
    const path = pathIn(intd!, n)
    if ((there & PRESENCE.todo) !== 0 && (there & PRESENCE.intd) === 0) fs.renameSync(path, below(queue, trash) + path)
    else fs.unlinkSync(path)
  }
}

const numbersOf = ({directories}: PartPaths): MessageNumber[] =>
  directories.flatMap(directory => fs.readdirSync(directory).filter(name => /^[1-9]\d{0,14}$/.test(name)).map(Number))

type Finished = 'finished' | 'injected' | 'unsure'

/** Brings one message of which mess/N is back already to its end. The queue is the working directory. */
const finishOne = (settling: Settling & {sure?: boolean}, message: TrashedMessage, remains: Presence): Finished => {
  const {queue, trash, locked, sure = locked} = settling
  const {number: n} = message
  if (isRemains(message)) {
    const isBegun = lookUp(queue, n) !== 0 && (lookUp(queue, n) & PRESENCE.mess) === 0
    if (isBegun) moveBack({n, presence: remains, parts: restoreOrder(trash), from: below(queue, trash)})
    return 'finished'
  }
  if (sameMessage(queue, identityOf(message)) !== 'same') {
    new Finishing(queue, trash).drop(n)
    return 'finished'
  }
  const presence = lookUp(queue, n)
  const has = (bit: Presence): boolean => (presence & bit) !== 0
  const [intd, todo] = partsInOrder(queue.layout, ['intd', 'todo'])
  const wasQueued = (message.presence & PRESENCE.todo) !== 0
  // Back already, it is its own; an envelope of ours stands there while its own is still in the trash, or never was.
  const hadIntd = (message.presence & PRESENCE.intd) !== 0 && (remains & PRESENCE.intd) === 0
  if (has(PRESENCE.todo)) {
    if (!locked) return 'injected'
    // With its own files back it has its own age; what preprocessing has made of our envelope goes first.
    if (!wasQueued) takeAway(queue, n, presence)
  } else if (has(PRESENCE.intd) && !wasQueued && !hadIntd) {
    if (!locked) {
      fs.linkSync(pathIn(intd!, n), pathIn(todo!, n))
      return 'injected'
    }
    fs.unlinkSync(pathIn(intd!, n))
  } else if (has(PRESENCE.info)) return 'injected'
  // Either its restore under the lock was cut off here, or qmail-send is just about to unlink mess/N, its last file.
  else if (!sure && presence === PRESENCE.mess) return 'unsure'
  moveBack({n, presence: remains, parts: restoreOrder(trash), from: below(queue, trash)})
  return 'finished'
}

const takeAway = (queue: OpenQueue, n: MessageNumber, presence: Presence): void => {
  for (const part of partsInOrder(queue.layout, ['channels', 'info', 'todo', 'intd']))
    if ((presence & part.bit) !== 0) fs.unlinkSync(pathIn(part, n))
}
