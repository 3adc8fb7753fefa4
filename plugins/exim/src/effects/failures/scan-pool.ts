// Two threads that look for lines in blocks while the main thread counts what they found in the blocks before.
import {availableParallelism} from 'node:os'
import {Worker} from 'node:worker_threads'

import {BlockScan, LONGEST_LINE} from '../../failures/block-scan.js'
import {LineRecords, WIDTH} from '../../failures/line-records.js'
import type {ScanAnswer, ScanJob, SlotMemory} from './scan-worker.js'

/** More gain nothing: the counting is then what takes the time. */
const WORKERS = 2
// A thread makes no strings and keeps nothing.
const LIMITS = {maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32}

/** Bytes of a block at most. */
export const SLOT_BYTES = (1 << 20) + LONGEST_LINE
// The usual line of a failure has a hundred bytes; where lines are so short that more would be needed they are found here.
const SLOT_RECORDS = SLOT_BYTES >> 6

/** True when threads can run beside each other. */
export const hasProcessors = (): boolean => availableParallelism() >= 2

/** Memory for a block, and what was found in it. */
export class Slot {
  readonly memory: SlotMemory
  readonly bytes: Uint8Array
  /** Good once `scan` is done. */
  records: LineRecords
  private readonly shared: LineRecords

  constructor(index: number) {
    this.memory = {index, bytes: new SharedArrayBuffer(SLOT_BYTES), numbers: new SharedArrayBuffer(SLOT_RECORDS * WIDTH * 4)}
    this.bytes = new Uint8Array(this.memory.bytes)
    this.shared = new LineRecords(new Int32Array(this.memory.numbers))
    this.records = this.shared
  }

  /** The block as it was filled in. */
  block(length: number): Buffer {
    return Buffer.from(this.memory.bytes, 0, length)
  }

  found([used, lines]: ScanAnswer, length: number): void {
    if (used > this.shared.numbers.length) return this.scanHere(length)
    this.records = this.shared
    this.records.used = used
    this.records.lines = lines
  }

  scanHere(length: number): void {
    this.records = new LineRecords()
    new BlockScan().scan(this.block(length), this.records)
  }
}

interface Asked {
  readonly slot: Slot
  readonly length: number
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const finish = ({slot, length, done, failed}: Asked, answer: ScanAnswer | null): void => {
  try {
    if (answer === null) slot.scanHere(length)
    else slot.found(answer, length)
    done()
  } catch (error) {
    // Who waits for the slot is told.
    failed(error)
  }
}

/** A thread that answers in the order it is asked. Where it cannot run, its blocks are looked through here. */
class Thread {
  private readonly asked: Asked[] = []
  private readonly worker = new Worker(new URL('scan-worker.js', import.meta.url), {resourceLimits: LIMITS})
  private isRunning = true

  constructor() {
    this.worker.on('message', (answer: ScanAnswer) => finish(this.asked.shift()!, answer))
    // No memory or no process left for it: slower is better than not at all, and a fault of ours shows again here.
    for (const event of ['error', 'exit']) this.worker.on(event, () => this.stop())
  }

  share(slot: Slot): void {
    this.worker.postMessage(slot.memory)
  }

  scan(slot: Slot, length: number): Promise<void> {
    return new Promise((done, failed) => {
      const asked = {slot, length, done, failed}
      if (!this.isRunning) return finish(asked, null)
      this.asked.push(asked)
      const job: ScanJob = [slot.memory.index, length]
      this.worker.postMessage(job)
    })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private stop(): void {
    this.isRunning = false
    for (const asked of this.asked.splice(0)) finish(asked, null)
  }
}

/** Threads and the memory that they share; they start when they are first wanted. */
export class ScanPool {
  private readonly threads: Thread[] = []
  private readonly free: Slot[] = []
  private slots = 0
  private turn = 0

  /** A slot that is nobody else's until it is given back. */
  take(): Slot {
    while (this.threads.length < WORKERS) this.threads.push(new Thread())
    const known = this.free.pop()
    if (known !== undefined) return known
    const slot = new Slot(this.slots++)
    for (const thread of this.threads) thread.share(slot)
    return slot
  }

  giveBack(slot: Slot): void {
    this.free.push(slot)
  }

  /** Fills in the records of a slot whose first `length` bytes are whole lines. */
  scan(slot: Slot, length: number): Promise<void> {
    return this.threads[this.turn++ % WORKERS]!.scan(slot, length)
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.splice(0).map(thread => thread.end()))
  }
}
