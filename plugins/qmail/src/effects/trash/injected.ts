// What is left to do for a message injected again, once qmail-send has preprocessed it: its age, its bounce, its remains.
import * as fs from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'

import {readWhole, setTimes, syncDirectory} from 'mailops/effects'

import {PRESENCE} from '../../message/presence.js'
import {REMOVAL_ORDER} from '../../queue/order.js'
import {pathIn, partsInOrder, type PartPaths} from '../purge-offline/paths.js'
import type {Identity, OpenQueue} from '../reading/index.js'
import {whilePinned} from './pinned.js'
import type {Trash} from './place.js'

/** Where messages were brought back to, and from. */
export interface Injection {
  readonly queue: OpenQueue
  readonly trash: Trash
  readonly signal: AbortSignal
}

const POLL_MS = 50
/** qmail-send preprocesses one message after the other; when it takes none for so long it has other worries. */
const PATIENCE_MS = 30_000
const {O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = fs.constants

/** Waits until qmail-send has preprocessed the messages and finishes each; gives how many it had not when we gave up. */
export const awaitInjected = async ({queue, trash, signal}: Injection, messages: readonly Identity[]): Promise<number> => {
  const finishing = new Finishing(queue, trash)
  let waiting = messages
  for (let since = performance.now(); waiting.length > 0; ) {
    const left = waiting.filter(message => !finishing.finish(message))
    if (left.length < waiting.length) since = performance.now()
    waiting = left
    if (waiting.length === 0 || signal.aborted || performance.now() - since > PATIENCE_MS) break
    await delay(POLL_MS)
  }
  finishing.sync()
  return waiting.length
}

/** Finishes messages, one at a time. */
export class Finishing {
  readonly #queue: OpenQueue
  readonly #trash: Trash
  readonly #parts: Record<'todo' | 'info' | 'bounce', PartPaths>
  readonly #remains: readonly PartPaths[]

  constructor(queue: OpenQueue, trash: Trash) {
    this.#queue = queue
    this.#trash = trash
    const [todo, info, bounce] = partsInOrder(queue.layout, ['todo', 'info', 'bounce'])
    this.#parts = {todo: todo!, info: info!, bounce: bounce!}
    this.#remains = partsInOrder(trash.header.layout, REMOVAL_ORDER).filter(({bit}) => bit !== PRESENCE.mess)
  }

  /** False while its todo/N is there. The trash's remains of the message are gone when it is true. */
  finish(message: Identity): boolean {
    const {number: n} = message
    if (fs.existsSync(this.#inQueue(this.#parts.todo, n))) return false
    whilePinned(this.#queue, this.#trash, message, () => {
      this.#setAge(n)
      this.#bringBounce(n)
    })
    this.drop(n)
    return true
  }

  /** Removes what the trash has of a message that is in the queue again, or has been delivered. */
  drop(n: Identity['number']): void {
    for (const part of this.#remains) fs.rmSync(this.#inTrash(part, n), {force: true})
  }

  sync(): void {
    for (const directory of [...this.#parts.info.directories, ...this.#parts.bounce.directories]) syncDirectory(`${this.#queue.path}/${directory}`)
  }

  #inQueue(part: PartPaths, n: Identity['number']): string {
    return `${this.#queue.path}/${pathIn(part, n)}`
  }

  #inTrash(part: PartPaths, n: Identity['number']): string {
    return `${this.#trash.path}/${pathIn(part, n)}`
  }

  /** qmail-send reads info's time at each pass; set anew, it would give the message another week. */
  #setAge(n: Identity['number']): void {
    const old = fs.lstatSync(this.#inTrash(this.#parts.info, n), {bigint: true, throwIfNoEntry: false})
    const path = this.#inQueue(this.#parts.info, n)
    if (old === undefined || !fs.existsSync(path)) return
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      setTimes(fd, {atimeNs: old.mtimeNs, mtimeNs: old.mtimeNs})
    } finally {
      fs.closeSync(fd)
    }
  }

  /**
   * The text of recipients that failed before the purge. It must not come before preprocessing is over, which would make
   * it the bounce of a former message; and not stay when the message has ended meanwhile, since nobody would clear it.
   */
  #bringBounce(n: Identity['number']): void {
    const old = this.#inTrash(this.#parts.bounce, n)
    const path = this.#inQueue(this.#parts.bounce, n)
    const info = this.#inQueue(this.#parts.info, n)
    if (!fs.existsSync(old) || !fs.existsSync(info)) return
    // A recipient may have failed already: then ours is appended, as qmail-send does itself (addbounce).
    if (fs.existsSync(path)) append(path, readWhole(old))
    else fs.renameSync(old, path)
    // The number is pinned, so this can only be ours: qmail-send looks for a bounce before it removes info.
    if (!fs.existsSync(info)) fs.rmSync(path, {force: true})
  }
}

const append = (path: string, bytes: Buffer): void => {
  const fd = fs.openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW)
  try {
    fs.writeSync(fd, bytes)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
