// A worker thread of `list`: gets the index of a block, answers with its lines.
import {parentPort, workerData} from 'node:worker_threads'

import {failureOf, type Failure} from 'mailops/effects'
import {rowReader, type RowBlock, type RowJob} from './row-job.js'

/** What a worker starts with; the arrays are shared by all. */
export interface WorkerStart {
  readonly job: RowJob
  readonly numbers: Float64Array
  readonly presence: Int32Array
  readonly blockSize: number
}

const {job, numbers, presence, blockSize} = workerData as WorkerStart
const read = rowReader(job, {numberAt: index => numbers[index]!, presenceAt: index => presence[index]!})

const answer = (block: number): RowBlock | Failure => {
  try {
    return read(block * blockSize, Math.min(numbers.length, (block + 1) * blockSize))
  } catch (error) {
    return failureOf(error) // the list says it, as if it had met it itself
  }
}

parentPort!.on('message', (block: number) => parentPort!.postMessage(answer(block)))
