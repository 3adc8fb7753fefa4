// Runs of an unfinished bundle: blocks that hold whole entries, and what is in them.
import {createHash} from 'node:crypto'

import {isOpsError} from 'mailops/core'

import {BLOCK} from '../../bundle/member.js'
import type {BlockRef} from './framing.js'
import {inOrder} from './in-order.js'
import type {EntryHead} from './tar-header.js'
import {tarEntries} from './tar-reader.js'
import {AHEAD, unpack, type BlockFile} from './unpack.js'

/** An entry of a run, with the digest of its bytes. */
export interface RunEntry extends EntryHead {
  readonly sha256: string
}

/** A run of blocks. */
export interface Run {
  readonly blocks: readonly BlockRef[]
  /** null: damaged, no run of files, or with a file that could not be read to its end. */
  readonly entries: readonly RunEntry[] | null
}

/** Parts blocks into runs; blocks before the first beginning belong to none. */
export const runsOf = (blocks: readonly BlockRef[]): BlockRef[][] => {
  const runs: BlockRef[][] = []
  for (const block of blocks)
    if ((block.flags & BLOCK.beginsRun) !== 0) runs.push([block])
    else runs.at(-1)?.push(block)
  return runs
}

/** Reads runs, in order; what is damaged is no error here but a run without entries. */
export const readRuns = (file: BlockFile, runs: readonly BlockRef[][]): AsyncGenerator<Run> =>
  inOrder(runs, async blocks => ({blocks, entries: await entriesOf(file, blocks)}), AHEAD)

const entriesOf = async (file: BlockFile, blocks: readonly BlockRef[]): Promise<RunEntry[] | null> => {
  if (blocks.some(({flags}) => (flags & (BLOCK.manifest | BLOCK.last | BLOCK.flawed)) !== 0)) return null
  const entries: RunEntry[] = []
  try {
    for await (const {content, ...head} of tarEntries(file.path, unpack(file, blocks, blocks.length > AHEAD ? AHEAD : 1))) {
      const hash = createHash('sha256')
      for await (const piece of content()) hash.update(piece)
      entries.push({...head, sha256: hash.digest('hex')})
    }
  } catch (error) {
    // Cut off by a crash, or damaged since: its files are read again from where they came from.
    if (isOpsError(error)) return null
    throw error
  }
  return entries
}
