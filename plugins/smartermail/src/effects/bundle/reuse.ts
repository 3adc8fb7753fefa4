// Takes over what is intact of an unfinished bundle: runs whose files are still as they were when they were read.
import {ftruncateSync, fstatSync} from 'node:fs'

import type {BundledFile} from '../../bundle/manifest.js'
import type {ListedFile, Listing} from '../source/list-installation.js'
import {BlockWriter} from './block-writer.js'
import type {BlockRef} from './framing.js'
import {readRuns, runsOf, type Run, type RunEntry} from './runs.js'
import type {BlockFile} from './unpack.js'

/** What --resume need not read again. */
export interface Reused {
  /** Continues behind what was taken over. */
  readonly writer: BlockWriter
  readonly files: ReadonlyMap<string, BundledFile>
  readonly directories: ReadonlySet<string>
  readonly bytes: number
}

// Tar's times come back from decimal seconds, so that a millisecond may get lost.
const sameTime = (a: number | undefined, b: number): boolean => a !== undefined && Math.abs(a - b) <= 1

/**
 * Goes through an unfinished bundle and keeps what still holds. What comes after a gap is moved up over it, a block at a
 * time and never over one that is still to be moved: a crash meanwhile costs at most blocks, which the next run finds out.
 */
export const reuse = async (file: BlockFile, listing: Listing, progress: (bytes: number) => void): Promise<Reused> => {
  const {fd, framing} = file
  const {blocks} = framing.scan(fd, fstatSync(fd).size)
  const kept = new Kept(listing)
  const inPlace: BlockRef[] = []
  let moving: Moving | null = null
  try {
    for await (const run of readRuns(file, runsOf(blocks))) {
      const isGood = kept.wants(run)
      if (isGood && moving === null) inPlace.push(...run.blocks)
      else if (isGood && !(await moving!.move(run))) continue
      else if (!isGood) moving ??= new Moving(file, inPlace)
      if (isGood) kept.take(run)
      progress(kept.bytes)
    }
  } catch (error) {
    await moving?.writer.settled()
    throw error
  }
  moving ??= new Moving(file, inPlace)
  ftruncateSync(fd, await moving.writer.finish())
  return {writer: moving.writer, files: kept.files, directories: kept.directories, bytes: kept.bytes}
}

/** Appends runs behind those that stay in place. */
class Moving {
  readonly writer: BlockWriter
  readonly #file: BlockFile
  #at: number
  #overhead: number

  constructor(file: BlockFile, inPlace: readonly BlockRef[]) {
    const {fd, path, framing} = file
    const last = inPlace.at(-1)
    this.#at = last === undefined ? framing.start : last.offset + last.bytes
    this.#overhead = framing.overhead
    this.#file = file
    this.writer = new BlockWriter({fd, path, at: this.#at, framer: framing.continueAfter(fd, inPlace)})
  }

  /** False: there is no room for it without writing over itself, so it has to be read anew. */
  async move({blocks}: Run): Promise<boolean> {
    if (this.#at + this.#overhead > blocks[0]!.offset) return false
    for (const block of blocks) {
      await this.writer.addPacked(this.#file.framing.read(this.#file.fd, block), block.flags)
      this.#at += block.bytes
    }
    this.#at += this.#overhead
    this.#overhead = 0
    return true
  }
}

/** What is taken over so far. */
class Kept {
  readonly files = new Map<string, BundledFile>()
  readonly directories = new Set<string>()
  bytes = 0
  readonly #listed: ReadonlyMap<string, ListedFile>
  readonly #empty: ReadonlySet<string>

  constructor({files, emptyDirectories}: Listing) {
    this.#listed = new Map(files.map(file => [file.full, file]))
    this.#empty = new Set(emptyDirectories)
  }

  wants({entries}: Run): boolean {
    return entries !== null && entries.length > 0 && entries.every(entry => this.#isCurrent(entry))
  }

  take({entries}: Run): void {
    for (const {name, directory, bytes, sha256} of entries ?? [])
      if (directory) this.directories.add(name)
      else {
        this.files.set(name, {name, bytes, mtimeMs: this.#listed.get(name)!.mtimeMs, sha256})
        this.bytes += bytes
      }
  }

  #isCurrent({name, directory, bytes, mtimeMs, ctimeMs}: RunEntry): boolean {
    if (directory) return this.#empty.has(name) && !this.directories.has(name)
    const listed = this.#listed.get(name)
    return (
      listed !== undefined && !this.files.has(name) && listed.bytes === bytes &&
      sameTime(mtimeMs, listed.mtimeMs) && sameTime(ctimeMs, listed.ctimeMs)
    )
  }
}
