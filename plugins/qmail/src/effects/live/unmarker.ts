// Turns the bytes of a live purge back: those it wrote, where a D still stands, of messages that have not left.
import * as fs from 'node:fs'

import type {MessageNumber} from '../../queue/number.js'
import {partsInOrder, pathIn, type PartPaths} from '../purge-offline/paths.js'
import type {OpenQueue} from '../reading/index.js'
import {moveBounce} from './bounces.js'
import {openChannel, readAll, thoseWith, writeTypesInTime} from './channel-file.js'
import type {LedgerEntry, Marks} from './ledger.js'

/** `left`: only the trash has it. `open`: it is in the queue, bytes were turned back. `released`: nothing of it is in the trash. */
export type Standing = 'left' | 'open' | 'released'

const inodeOf = (path: string): bigint | undefined => fs.lstatSync(path, {bigint: true, throwIfNoEntry: false})?.ino

/** Paths are relative: the queue is the working directory. */
export class Unmarker {
  readonly #trash: string
  readonly #mess: PartPaths
  readonly #info: PartPaths
  readonly #bounce: PartPaths
  readonly #todo: PartPaths
  readonly #intd: PartPaths
  readonly channels: readonly PartPaths[]

  /** @param trash path of the trash below the queue, with a slash at its end */
  constructor(queue: OpenQueue, trash: string) {
    const parts = partsInOrder(queue.layout, ['mess', 'info', 'bounce', 'channels'])
    this.#trash = trash
    ;[this.#mess, this.#info, this.#bounce] = parts as [PartPaths, PartPaths, PartPaths]
    this.channels = parts.slice(3)
    ;[this.#todo, this.#intd] = partsInOrder(queue.layout, ['todo', 'intd']) as [PartPaths, PartPaths]
  }

  /** Whether a message of the ledger is still the trash's, and the queue's. */
  standing(number: MessageNumber): Standing {
    const path = pathIn(this.#mess, number)
    const kept = inodeOf(this.#trash + path)
    if (kept === undefined) return 'released'
    return inodeOf(path) === kept ? 'open' : 'left'
  }

  /** The path of a file of a message in the trash. */
  inTrash(part: 'mess' | 'info' | 'todo', number: MessageNumber): string {
    const paths = {mess: this.#mess, info: this.#info, todo: this.#todo}[part]
    return this.#trash + pathIn(paths, number)
  }

  /** The paths of a channel file in the queue and in the trash. */
  channelPaths(channel: number, number: MessageNumber): {there: string; kept: string} {
    const there = pathIn(this.channels[channel]!, number)
    return {there, kept: this.#trash + there}
  }

  /** Writes a type over every byte of an entry, through the trash's links: they are the queue's files as long as it has them. */
  write({number, marks}: LedgerEntry, type: 'T' | 'D'): void {
    for (const [channel, offsets] of marks) {
      const fd = openChannel(this.channelPaths(channel, number).kept)
      if (fd === undefined) continue
      try {
        writeTypesInTime(fd, thoseWith(readAll(fd), offsets, type === 'T' ? 'D' : 'T'), type)
      } finally {
        fs.closeSync(fd)
      }
    }
  }

  /** How many bytes of an entry have been written, and how many have not. */
  count({number, marks}: LedgerEntry): {written: number; unwritten: number} {
    const counts = {written: 0, unwritten: 0}
    for (const [channel, offsets] of marks) {
      const fd = openChannel(this.channelPaths(channel, number).kept)
      if (fd === undefined) continue
      try {
        const bytes = readAll(fd)
        counts.written += thoseWith(bytes, offsets, 'D').length
        counts.unwritten += thoseWith(bytes, offsets, 'T').length
      } finally {
        fs.closeSync(fd)
      }
    }
    return counts
  }

  /** Brings the bounce back: the failures that it reports happened. */
  bringBounce(number: MessageNumber): void {
    const path = pathIn(this.#bounce, number)
    moveBounce(this.#trash + path, path)
    // It has ended meanwhile: nobody would clear what lies under its number. The trash holds that number still.
    if (inodeOf(pathIn(this.#info, number)) === undefined) moveBounce(path, this.#trash + path)
  }

  /** Takes the bounce of a message away again. */
  takeBounce(number: MessageNumber): void {
    const path = pathIn(this.#bounce, number)
    moveBounce(path, this.#trash + path)
  }

  /** Channels of an entry whose file the queue has no more, or never linked. */
  goneChannels(number: MessageNumber, marks: Marks): number[] {
    return [...marks].flatMap(([channel, offsets]) => {
      const {there, kept} = this.channelPaths(channel, number)
      const inode = inodeOf(kept)
      return offsets.length > 0 && inode !== undefined && inodeOf(there) !== inode ? [channel] : []
    })
  }

  /** Of a message that was in todo: the envelope as it was is in its place, another is, or it has been preprocessed. */
  envelope(number: MessageNumber): 'original' | 'other' | 'preprocessed' | 'never touched' {
    const path = pathIn(this.#todo, number)
    const kept = inodeOf(this.#trash + path)
    const there = inodeOf(path)
    if (kept === undefined) return 'never touched'
    return there === undefined ? 'preprocessed' : there === kept ? 'original' : 'other'
  }

  /** Puts the envelope as it was in the place of ours, with its recipients. Needs qmail-send stopped. */
  bringEnvelope(number: MessageNumber): void {
    const path = pathIn(this.#todo, number)
    fs.renameSync(this.#trash + path, path)
  }

  /** Puts back what preprocessing had left beside todo/N, and a removal that did not come to its commit has taken. */
  bringRemnants(number: MessageNumber): void {
    for (const part of [...this.channels, this.#info]) {
      const path = pathIn(part, number)
      if (inodeOf(path) === undefined && inodeOf(this.#trash + path) !== undefined) fs.renameSync(this.#trash + path, path)
    }
  }

  /** Finishes taking a message away whose todo/N is in the trash already: it was its commit. */
  finishRemoval(number: MessageNumber): void {
    const intd = pathIn(this.#intd, number)
    if (inodeOf(intd) !== undefined) fs.renameSync(intd, this.#trash + intd)
    // The trash has a link of it.
    fs.rmSync(pathIn(this.#mess, number), {force: true})
  }

  /** Removes what the trash has of a message, mess last: it holds the number. */
  release(number: MessageNumber): void {
    for (const part of [...this.channels, this.#info, this.#bounce, this.#intd, this.#todo, this.#mess])
      fs.rmSync(this.#trash + pathIn(part, number), {force: true})
  }
}

