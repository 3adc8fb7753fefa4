// Writes the rows of a list to stdout as they are read.
import {setImmediate} from 'node:timers/promises'

import type {ReadProblem, Scan} from '../reading/index.js'
import {writeOut} from './output.js'
import {rowReader, type RowBlock, type RowJob} from './row-job.js'
import {poolPays, pooledBlocks} from './row-pool.js'

/** What came of a list. */
export interface Written {
  readonly lines: number
  /** The first files that could not be read, and how many there were. */
  readonly problems: readonly ReadProblem[]
  readonly problemCount: number
}

/** Messages read between two writes. */
const STEP = 256

/**
 * Writes the rows of all matching messages of a scan, `limit` at most, after `heading` if there is a row at all. Large
 * lists without a limit are read by worker threads.
 */
export const writeRows = async (
  job: RowJob,
  scan: Scan,
  {heading, limit}: {heading: string | undefined; limit: number | undefined},
): Promise<Written> => {
  const blocks = limit === undefined && poolPays(scan) ? pooledBlocks(job, scan) : ownBlocks(job, scan, limit)
  let lines = 0
  let problemCount = 0
  const problems: ReadProblem[] = []
  for await (const block of blocks) {
    if (block.lines > 0) await writeOut(`${lines === 0 && heading !== undefined ? `${heading}\n` : ''}${block.text}\n`)
    lines += block.lines
    problems.push(...block.problems)
    problemCount += block.problemCount
  }
  return {lines, problems, problemCount}
}

async function* ownBlocks(job: RowJob, scan: Scan, limit = Number.POSITIVE_INFINITY): AsyncGenerator<RowBlock> {
  const read = rowReader(job, scan)
  let left = limit
  for (let from = 0; from < scan.length && left > 0; from += STEP) {
    const block = read(from, Math.min(scan.length, from + STEP), left)
    left -= block.lines
    yield block
    await setImmediate()
  }
}
