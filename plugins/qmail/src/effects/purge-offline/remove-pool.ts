// Two worker threads that remove blocks of messages: the kernel frees inodes on two processors twice as fast as on one.
import {availableParallelism} from 'node:os'

import {Channel, errorOf, type Failure} from 'mailops/effects'
import type {Block, BlockOutcome, RemovalJob} from './remover.js'

/** Of Linux's ext4 and loop devices two processors take half the time of one; more were not measured. */
const THREADS = 2
/** Blocks that may wait at a thread, so that it never waits for us; few, so that ^C is obeyed at once. */
const AHEAD = 2
/** Below so many messages the start of the threads costs more than it saves. */
const WORTH_IT = 2_000

/** A block's outcome as a thread sends it. */
export type Sent = Omit<BlockOutcome, 'error'> & {readonly ended?: Failure}

/** True when worker threads are quicker. */
export const threadsPay = (messages: number): boolean => messages >= WORTH_IT && availableParallelism() >= THREADS

/** Gives the outcomes of blocks in their order. When the caller has enough, what was begun is still ended before it returns. */
export async function* removeInThreads<B extends Block>(job: RemovalJob, blocks: Iterable<B>): AsyncGenerator<{block: B; outcome: BlockOutcome}> {
  const module = new URL('remove-worker.js', import.meta.url)
  const threads = Array.from({length: THREADS}, () => new Channel<Block, Sent>(module, job))
  const waiting: {block: B; sent: Promise<Sent>}[] = []
  const next = async (): Promise<{block: B; outcome: BlockOutcome}> => {
    const {block, sent} = waiting.shift()!
    return {block, outcome: received(await sent)}
  }
  try {
    let turn = 0
    for (const block of blocks) {
      const {numbers, presence, chosen} = block
      waiting.push({block, sent: threads[turn++ % THREADS]!.ask({numbers, presence, chosen})})
      if (waiting.length >= THREADS * AHEAD) yield await next()
    }
    while (waiting.length > 0) yield await next()
  } finally {
    // A thread is never ended within a message.
    await Promise.allSettled(waiting.map(({sent}) => sent))
    await Promise.all(threads.map(thread => thread.end()))
  }
}

const received = ({ended, ...outcome}: Sent): BlockOutcome => ({...outcome, ...(ended !== undefined && {error: errorOf(ended)})})
