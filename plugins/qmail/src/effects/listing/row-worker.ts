// A worker thread of `list`: gets the index of a block, answers with its lines.
import {parentPort, workerData} from 'node:worker_threads'

import {isOpsError} from 'mailops/core'

import {rowReader, type RowBlock, type RowJob} from './row-job.js'

/** What a worker starts with; the arrays are shared by all. */
export interface WorkerStart {
  readonly job: RowJob
  readonly numbers: Float64Array
  readonly presence: Int32Array
  readonly blockSize: number
}

/** An OpsError as it gets through between threads. */
export interface WorkerFailure {
  readonly failure: {readonly code: string; readonly message: string; readonly hint?: string | undefined; readonly exit: number}
}

const {job, numbers, presence, blockSize} = workerData as WorkerStart
const read = rowReader(job, {numberAt: index => numbers[index]!, presenceAt: index => presence[index]!})

const answer = (block: number): RowBlock | WorkerFailure => {
  try {
    return read(block * blockSize, Math.min(numbers.length, (block + 1) * blockSize))
  } catch (error) {
    // Its members would be lost on the way; anything else ends the worker, and the list with it.
    if (!isOpsError(error)) throw error
    const {code, message, hint, oclif} = error
    return {failure: {code, message, hint, exit: oclif.exit}}
  }
}

parentPort!.on('message', (block: number) => parentPort!.postMessage(answer(block)))
