// A worker thread of an offline purge: gets a block of messages, removes it, answers with what became of it.
// The working directory is the process's own, which the main thread has set to the queue.
import {parentPort, workerData} from 'node:worker_threads'

import {failureOf} from 'mailops/effects'
import {Remover, type Block, type RemovalJob} from './remover.js'
import type {Sent} from './remove-pool.js'

const remover = new Remover(workerData as RemovalJob)

parentPort!.on('message', (block: Block) => {
  const {error, ...outcome} = remover.removeBlock(block)
  parentPort!.postMessage({...outcome, ...(error !== undefined && {ended: failureOf(error)})} satisfies Sent)
})
