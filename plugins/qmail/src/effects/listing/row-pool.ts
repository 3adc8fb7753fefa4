// Two worker threads that read blocks of a scan in turn; their lines come back in order.
import {availableParallelism} from 'node:os'

import type {Scan} from '../reading/index.js'
import {Channel} from 'mailops/effects'
import type {RowBlock, RowJob} from './row-job.js'
import type {WorkerStart} from './row-worker.js'

/** More gain nothing: the system calls on one file system stand in each other's way. */
const WORKERS = 2
const BLOCK = 512
/** Blocks a worker may be ahead of the output, so that a slow reader of it costs no memory. */
const AHEAD = 4
/** Below so many messages a thread's start costs more than it saves. */
const WORTH_IT = 10_000

/** True when worker threads would be quicker, and can be used: their arrays hold no number beyond 2^53. */
export const poolPays = (scan: Scan): boolean =>
  scan.length >= WORTH_IT && availableParallelism() >= WORKERS && typeof scan.numberAt(scan.length - 1) === 'number'

/** Gives the blocks of a scan in order; ends its threads when the caller is done, or stops early. */
export async function* pooledBlocks(job: RowJob, scan: Scan): AsyncGenerator<RowBlock> {
  const start = startOf(job, scan)
  const workers = Array.from({length: WORKERS}, () => new Channel<number, RowBlock>(new URL('row-worker.js', import.meta.url), start))
  const blocks = Math.ceil(scan.length / BLOCK)
  const waiting: Promise<RowBlock>[] = []
  try {
    for (let next = 0, done = 0; done < blocks; done++) {
      for (; next < blocks && next - done < WORKERS * AHEAD; next++) waiting.push(workers[next % WORKERS]!.ask(next))
      yield await waiting.shift()!
    }
  } finally {
    // What is still asked for is wanted no more, whatever came of it.
    await Promise.all([...workers.map(worker => worker.end()), Promise.allSettled(waiting)])
  }
}

const startOf = (job: RowJob, scan: Scan): WorkerStart => {
  const numbers = new Float64Array(new SharedArrayBuffer(scan.length * 8))
  const presence = new Int32Array(new SharedArrayBuffer(scan.length * 4))
  for (let i = 0; i < scan.length; i++) {
    numbers[i] = Number(scan.numberAt(i))
    presence[i] = scan.presenceAt(i)
  }
  return {job, numbers, presence, blockSize: BLOCK}
}
