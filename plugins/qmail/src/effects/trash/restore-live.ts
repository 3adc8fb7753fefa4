// Brings messages back while qmail-send runs: it reads info/ only at its start, so each is injected again under its number.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {fromSystem, isOpsError} from 'mailops/core'
import {syncDirectory} from 'mailops/effects'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {writeTodo} from '../../message/todo-record.js'
import type {MessageNumber} from '../../queue/number.js'
import {pullTrigger} from '../live/sending.js'
import {pathIn, partsInOrder, type PartPaths} from '../purge-offline/paths.js'
import {inside} from '../purge-offline/remove.js'
import {lookUp, MessageReader, type ChosenMessage, type OpenQueue} from '../reading/index.js'
import {trashAsQueue} from './contents.js'
import {awaitInjected} from './injected.js'
import {freshen} from './freshen.js'
import {moveBack, NUMBER_TAKEN, restoreOrder, type Restored, type Restoring} from './restore.js'

/** Restored messages, and how many of them qmail-send will only look at when it is started next. */
export interface RestoredLive extends Restored {
  /** Without a recipient to be done: their bounce is sent, or they are removed, at the next start. */
  readonly atNextStart: number
  /** Accepted again, but not yet preprocessed when we stopped waiting: their age is not set back yet. */
  readonly waiting: number
}

const {O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY} = fs.constants
/** Messages between two pulls of the trigger: qmail-send begins while we go on. */
const STRIDE = 128

/**
 * Restores the chosen messages, in steps that lose and double nothing when we are killed between two of them:
 * 1. intd/N is written, with the pending recipients alone (no other message can have the number: the trash holds it);
 * 2. mess/N is renamed back: from here on it is S3, and the trash has only its remains;
 * 3. todo/N is linked: accepted. Then qmail-send removes intd/N and todo/N, in this order;
 * 4. when todo/N has gone, info/N gets its old time and a bounce/N comes back; the remains are removed (injected.ts).
 */
export const restoreLive = async (restoring: Restoring): Promise<RestoredLive> => {
  const {queue, trash, chosen, skips, signal, progress} = restoring
  const injector = new Injector(restoring)
  const injected: ChosenMessage[] = []
  let bytes = 0
  let interrupted = false
  await inside(queue, async () => {
    for (let i = 0; i < chosen.length && !(interrupted = signal.aborted); i++) {
      const reason = injector.bringBack(chosen.at(i))
      if (reason !== null) skips.add(String(chosen.numberAt(i)), reason)
      else {
        bytes += chosen.sizeAt(i)
        injected.push(chosen.at(i))
      }
      if (i % STRIDE !== STRIDE - 1) continue
      pullTrigger(queue.path)
      progress(i, chosen.length)
      await setImmediate()
    }
  })
  for (const directory of new Set(injector.directories)) syncDirectory(`${queue.path}/${directory}`)
  pullTrigger(queue.path)
  const waiting = await awaitInjected({queue, trash, signal}, injected)
  return {restored: injected.length, bytes, interrupted, atNextStart: injector.atNextStart, waiting}
}

class Injector {
  atNextStart = 0
  readonly directories: string[] = []
  readonly #queue: OpenQueue
  readonly #from: string
  readonly #reader: MessageReader
  readonly #order: readonly PartPaths[]
  readonly #mess: PartPaths
  readonly #intd: PartPaths
  readonly #todo: PartPaths

  constructor({queue, trash}: Restoring) {
    this.#queue = queue
    this.#from = `${trash.path.slice(queue.path.length + 1)}/`
    this.#reader = new MessageReader(trashAsQueue(queue, trash))
    this.#order = restoreOrder(trash)
    const [mess, intd, todo] = partsInOrder(queue.layout, ['mess', 'intd', 'todo'])
    this.#mess = mess!
    this.#intd = intd!
    this.#todo = todo!
    for (const {directories} of [mess!, todo!, intd!]) this.directories.push(...directories)
  }

  /** Steps 1 to 3; gives why it could not, null when it could. The queue is the working directory. */
  bringBack(chosen: ChosenMessage): string | null {
    const {number: n, presence, headless} = chosen
    if (lookUp(this.#queue, n) !== 0) return NUMBER_TAKEN
    try {
      if (headless) return this.#asItWas(n, presence)
      if ((presence & PRESENCE.todo) !== 0) return this.#queued(n, presence)
      this.#reader.load(n, presence)
      const sender = this.#reader.sender()
      const recipients = this.#reader.recipients()
      if (sender === null || recipients === null) return this.#asItWas(n, presence)
      const pending = recipients.filter(({done}) => !done).map(({address}) => address)
      if (pending.length === 0) return this.#asItWas(n, presence)
      return this.#inject(n, writeTodo({uid: 0, pid: 1, sender, recipients: pending}))
    } catch (error) {
      const known = fromSystem(error, 'bring back message', String(n))
      if (isOpsError(known)) return known.message // the others may well come back
      throw error
    }
  }

  /** What qmail-send has nothing to do for waits in its place until it is started again. */
  #asItWas(n: MessageNumber, presence: Presence): string | null {
    const reason = moveBack({n, presence, parts: this.#order, from: this.#from})
    if (reason === null) this.atNextStart++
    return reason
  }

  /** S4: not preprocessed yet; info and channels beside a todo/N are remnants, which stay behind and are removed. */
  #queued(n: MessageNumber, presence: Presence): null {
    const intd = pathIn(this.#intd, n)
    if ((presence & PRESENCE.intd) !== 0) fs.renameSync(this.#from + intd, intd)
    this.#bringMess(n)
    fs.renameSync(this.#from + pathIn(this.#todo, n), pathIn(this.#todo, n))
    return null
  }

  #inject(n: MessageNumber, envelope: Buffer): null {
    const intd = pathIn(this.#intd, n)
    const {gid} = fs.lstatSync(this.#from + pathIn(this.#mess, n))
    const fd = fs.openSync(intd, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    try {
      for (let at = 0; at < envelope.length; ) at += fs.writeSync(fd, envelope, at, envelope.length - at)
      const {uid} = fs.fstatSync(fd)
      if (uid !== this.#queue.owners.queueUid) fs.fchownSync(fd, this.#queue.owners.queueUid, gid)
      fs.fchmodSync(fd, 0o644)
      fs.fsyncSync(fd)
    } catch (error) {
      fs.unlinkSync(intd)
      throw error
    } finally {
      fs.closeSync(fd)
    }
    this.#bringMess(n)
    fs.linkSync(intd, pathIn(this.#todo, n))
    return null
  }

  #bringMess(n: MessageNumber): void {
    const path = pathIn(this.#mess, n)
    freshen(this.#from + path)
    fs.renameSync(this.#from + path, path)
  }
}
