// Marks recipients of messages as done under a running qmail-send, which then ends the messages itself.
//
// For each message: a link of mess/N in the trash (without a trash: an open descriptor), then a look at what is behind
// it. From then on its inode, and so its number, cannot go to another message, and every name of N stays what it is.
import * as fs from 'node:fs'

import {fromSystem, isOpsError} from 'mailops/core'

import {PRESENCE, type Presence} from '../../message/presence.js'
import {stateRow} from '../../message/state-table.js'
import {BEING_INJECTED, REUSED, VANISHED} from '../../purge/outcome.js'
import type {MessageNumber} from '../../queue/number.js'
import {partsInOrder, pathIn, type PartPaths} from '../purge-offline/paths.js'
import {sameMessage, type ChosenMessage, type ChosenRecipient, type OpenQueue} from '../reading/index.js'
import {dropBounce, moveBounce} from './bounces.js'
import {offsetsToDo, openChannel, readAll, thoseWith, writeTypes, writeTypesInTime} from './channel-file.js'
import type {Ledger} from './ledger.js'

/** Why a message was left alone. */
export const DAMAGED = 'is damaged: see mailops qmail check'
const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = fs.constants
const O_NOATIME = fs.constants.O_NOATIME ?? 0

/** A message to be marked. */
export interface Target {
  readonly chosen: ChosenMessage
  /** Files it has by now. */
  readonly presence: Presence
  /** Only these recipients; null for all. */
  readonly recipients: readonly ChosenRecipient[] | null
}

interface OpenFile {
  readonly channel: number
  readonly fd: number
  readonly offsets: readonly number[]
}

/** A message that is held and looked at, its channel files open; `mark` comes next, or `letGo`. */
export interface Held {
  readonly number: MessageNumber
  readonly files: readonly OpenFile[]
  /** Descriptor of mess/N where there is no trash to link it into. */
  readonly mess: number | null
  /** True when it had a bounce; one that comes later is taken after the marking. */
  readonly hasBounce: boolean
}

/** What marking is done with. */
export interface MarkerOptions {
  readonly queue: OpenQueue
  /** Path of the trash relative to the queue with a slash at its end, null for none. */
  readonly trash: string | null
  /** True when messages stay and only some of their recipients go: bounces then stay as well. */
  readonly only: boolean
  /** Where intentions go; null without a trash. */
  readonly ledger: Ledger | null
}

const isThere = (path: string): boolean => fs.lstatSync(path, {throwIfNoEntry: false}) !== undefined

/** All its paths are relative: the queue is the working directory (`inside`). */
export class Marker {
  readonly #options: MarkerOptions
  readonly #mess: PartPaths
  readonly #info: PartPaths
  readonly #bounce: PartPaths
  readonly #channels: PartPaths[]

  constructor(options: MarkerOptions) {
    const parts = partsInOrder(options.queue.layout, ['mess', 'info', 'bounce', 'channels'])
    this.#options = options
    ;[this.#mess, this.#info, this.#bounce] = parts as [PartPaths, PartPaths, PartPaths]
    this.#channels = parts.slice(3)
  }

  /** Holds a message and reads what is to be marked; gives the reason when it is left alone. */
  hold({chosen, presence, recipients}: Target): Held | string {
    const unfit = unfitness(presence)
    if (unfit !== null) return unfit
    const {number} = chosen
    let mess: number | null | undefined
    const files: OpenFile[] = []
    try {
      mess = this.#holdMess(number)
      if (mess === undefined) return VANISHED
      const refusal = this.#refusal(chosen, mess) ?? this.#openChannels({number, presence, recipients}, files)
      const held = {number, files, mess, hasBounce: (presence & PRESENCE.bounce) !== 0}
      if (refusal === null && this.#isWorthIt(held) && this.#link(held)) return held
      this.letGo(held)
      return refusal ?? VANISHED
    } catch (error) {
      if (mess !== undefined) this.letGo({number, files, mess})
      const known = fromSystem(error, 'mark', `message ${number}`)
      // One message that cannot be read stays; a full disk or a bug would meet the next one too.
      if (isOpsError(known) && ['EACCES', 'EPERM', 'ELOOP', 'EISDIR'].includes(known.code)) return known.message
      throw known
    }
  }

  /** Releases a message that was not marked; its links leave the trash, mess last. */
  letGo({number, files, mess}: Omit<Held, 'hasBounce'>): void {
    const {trash} = this.#options
    for (const {fd} of files) fs.closeSync(fd)
    if (mess !== null) fs.closeSync(mess)
    if (trash === null) return
    for (const part of [...this.#channels, this.#info, this.#mess]) fs.rmSync(trash + pathIn(part, number), {force: true})
  }

  /** Marks a held message; false when it has ended by itself meanwhile. Its ledger entry is on the disk by now. */
  mark(held: Held): boolean {
    const {number, files, mess, hasBounce} = held
    const {only} = this.#options
    if (!isThere(pathIn(this.#info, number))) {
      this.letGo(held)
      return false
    }
    try {
      if (!only && hasBounce) this.takeBounce(number)
      for (const file of files) this.#markFile(number, file)
      // A recipient that failed for good just now: its report must not be sent for a purged message.
      if (!only) this.takeBounce(number)
    } finally {
      for (const {fd} of files) fs.closeSync(fd)
      if (mess !== null) fs.closeSync(mess)
    }
    return true
  }

  /** Takes bounce/N away if there is one. */
  takeBounce(number: MessageNumber): boolean {
    const {trash} = this.#options
    const path = pathIn(this.#bounce, number)
    return trash === null ? dropBounce(path) : moveBounce(path, trash + path)
  }

  #markFile(number: MessageNumber, {fd, offsets, channel}: OpenFile): void {
    const bytes = readAll(fd)
    const ours = thoseWith(bytes, offsets, 'T')
    if (ours.length < offsets.length)
      this.#options.ledger?.except({number, marks: new Map([[channel, offsets.filter(offset => !ours.includes(offset))]])})
    const write = this.#options.only ? writeTypesInTime : writeTypes
    write(fd, ours, 'D')
  }

  /** null: held by a link; undefined: gone. */
  #holdMess(number: MessageNumber): number | null | undefined {
    const {trash} = this.#options
    const path = pathIn(this.#mess, number)
    try {
      if (trash === null) return openQuietly(path)
      fs.linkSync(path, trash + path)
      return null
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // delivered meanwhile
      throw error
    }
  }

  #refusal(chosen: ChosenMessage, mess: number | null): string | null {
    const {queue, trash} = this.#options
    const path = pathIn(this.#mess, chosen.number)
    const sameness = sameMessage(queue, chosen, {path: trash === null ? path : trash + path})
    if (sameness === 'gone') return VANISHED
    // While the descriptor is open its inode has no other tenant: the same number is the same file.
    const isHeld = mess === null || String(fs.fstatSync(mess, {bigint: true}).ino) === String(chosen.inode)
    return sameness === 'other' || !isHeld ? REUSED : null
  }

  #openChannels({number, presence, recipients}: Pick<Target, 'presence' | 'recipients'> & {number: MessageNumber}, files: OpenFile[]): string | null {
    for (const [channel, part] of this.#channels.entries()) {
      if ((presence & part.bit) === 0) continue
      const fd = openChannel(pathIn(part, number))
      if (fd === undefined) continue
      const file = {channel, fd, offsets: [] as number[]}
      files.push(file)
      const bytes = readAll(fd)
      const all = offsetsToDo(bytes)
      if (all === undefined) return DAMAGED
      const meant = recipients?.filter(({channelIndex}) => channelIndex === channel).map(({offset}) => offset)
      file.offsets.push(...(meant === undefined ? all : thoseWith(bytes, meant, 'T')))
    }
    return null
  }

  /** Without a recipient to mark only a whole message is worth it: its bounce is taken away, and it ends. */
  #isWorthIt({files}: Held): boolean {
    return !this.#options.only || files.some(({offsets}) => offsets.length > 0)
  }

  /**
   * Links, not copies: what has left is told by the inode, no room is needed, and a copy of two files a message would
   * take longer than all the rest. The bytes written show in them too; the ledger says which. False: it has gone.
   */
  #link({number, files}: Held): boolean {
    const {trash, ledger} = this.#options
    if (trash === null || ledger === null) return true
    const marked = files.filter(({offsets}) => offsets.length > 0)
    try {
      for (const part of [this.#info, ...marked.map(({channel}) => this.#channels[channel]!)]) {
        const path = pathIn(part, number)
        fs.linkSync(path, trash + path)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // it is ending just now
      throw error
    }
    ledger.intend({number, marks: new Map(marked.map(({channel, offsets}) => [channel, offsets]))})
    return true
  }
}

const openQuietly = (path: string): number => {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
  try {
    return fs.openSync(path, flags | O_NOATIME)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    return fs.openSync(path, flags) // not the owner; opening alone leaves the access time as it is
  }
}

/** Why a message in this state is not marked; null for S5. */
const unfitness = (presence: Presence): string | null => {
  if (presence === 0) return VANISHED
  const {code, legal} = stateRow(presence)
  if (code === 'injecting') return BEING_INJECTED
  if (!legal || (presence & PRESENCE.mess) === 0) return DAMAGED
  return null
}
