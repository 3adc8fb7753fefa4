// A worker thread of auth-failures: looks for the lines that matter in blocks of whole lines, which lie in shared memory.
import {parentPort} from 'node:worker_threads'

import {BlockScan} from '../../failures/block-scan.js'
import {LineRecords} from '../../failures/line-records.js'

/** A block's memory and that of its records: the main thread fills the one, a worker the other. */
export interface SlotMemory {
  readonly index: number
  readonly bytes: SharedArrayBuffer
  readonly numbers: SharedArrayBuffer
}

/** Look through so many bytes of a slot. Sent by the thousand, so no more than two numbers. */
export type ScanJob = readonly [index: number, length: number]
/** So many numbers are records, so many lines were there; more numbers than the slot holds are for the main thread to find. */
export type ScanAnswer = readonly [used: number, lines: number]

const scan = new BlockScan()
const slots: {readonly bytes: SharedArrayBuffer; readonly records: LineRecords}[] = []

parentPort!.on('message', (message: SlotMemory | ScanJob) => {
  if ('index' in message) {
    slots[message.index] = {bytes: message.bytes, records: new LineRecords(new Int32Array(message.numbers))}
    return
  }
  const [index, length] = message
  const {bytes, records} = slots[index]!
  records.clear()
  scan.scan(Buffer.from(bytes, 0, length), records)
  const answer: ScanAnswer = [records.used, records.lines]
  parentPort!.postMessage(answer)
})
