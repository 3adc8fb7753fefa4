// The chunks of a log with their lines found already, by threads that are some chunks ahead.
import {setImmediate} from 'node:timers/promises'

import {LineScanner, type LineSink} from '../../failures/line-scanner.js'
import type {LogReader} from '../../failures/reader.js'
import type {ScanPool, Slot} from './scan-pool.js'

/** Chunks that are read, looked through or waiting at a time; each is a megabyte and some. */
const AHEAD = 6

/** One chunk of a log; `giveTo` hands its lines to the reader. */
export interface Step {
  /** Bytes of the log that it takes the reader further. */
  readonly length: number
  /** The last one: the log is at its end, and so is a last line without a newline. */
  readonly isEnd: boolean
  giveTo(reader: LogReader): void
}

/** Collects the whole lines of a chunk in the memory of a slot. */
class Collected implements LineSink, Step {
  length = 0
  isEnd = false
  scanned: Promise<void> = Promise.resolve()
  readonly slot: Slot
  private filled = 0
  // At most one: it ends before the chunk's first whole line begins.
  private readonly overlongs: (string | null)[] = []

  constructor(slot: Slot) {
    this.slot = slot
  }

  block(bytes: Buffer): void {
    this.slot.bytes.set(bytes, this.filled)
    this.filled += bytes.length
  }

  overlong(start: string | null): void {
    this.overlongs.push(start)
  }

  scanBy(pool: ScanPool): void {
    if (this.filled === 0) return
    this.scanned = pool.scan(this.slot, this.filled)
    // Whoever waits for it learns of a failure; until then it is no unhandled one.
    this.scanned.catch(() => {})
  }

  giveTo(reader: LogReader): void {
    for (const start of this.overlongs) reader.overlong(start)
    if (this.filled > 0) reader.take(this.slot.block(this.filled), this.slot.records)
  }
}

/** Reads on while others work with what was read. */
class Pump {
  private readonly chunks: AsyncGenerator<Buffer, void>
  private readonly pool: ScanPool
  private readonly slots: readonly Slot[]
  private readonly free: Slot[]
  private readonly ready: Collected[] = []
  private sink: LineSink | null = null
  private readonly lines = new LineScanner({block: bytes => this.sink!.block(bytes), overlong: start => this.sink!.overlong(start)})
  private isOpen = true
  private failure: {readonly error: unknown} | null = null
  private sleepers: (() => void)[] = []
  private readonly ended: Promise<void>

  constructor(chunks: AsyncGenerator<Buffer, void>, pool: ScanPool) {
    this.chunks = chunks
    this.pool = pool
    this.slots = Array.from({length: AHEAD}, () => pool.take())
    this.free = [...this.slots]
    this.ended = this.run()
  }

  /** The next step, null after the last. */
  async next(): Promise<Collected | null> {
    while (this.ready.length === 0 && this.isOpen) await this.change()
    const step = this.ready.shift()
    if (step !== undefined) {
      await step.scanned
      return step
    }
    // What was read before the failure came first.
    if (this.failure !== null) throw this.failure.error
    return null
  }

  release({slot}: Collected): void {
    this.free.push(slot)
    this.wake()
  }

  /** Stops reading; what was read is wanted no more. */
  async close(): Promise<void> {
    this.isOpen = false
    this.wake()
    await this.ended
    // A slot may be used again only when no thread works on it.
    await Promise.allSettled(this.ready.map(({scanned: done}) => done))
    await this.chunks.return()
    for (const slot of this.slots) this.pool.giveBack(slot)
  }

  private async run(): Promise<void> {
    try {
      while (this.isOpen) {
        const slot = this.free.pop()
        if (slot === undefined) await this.change()
        else await this.readInto(new Collected(slot))
        this.wake()
      }
    } catch (error) {
      this.failure = {error}
      this.isOpen = false
      this.wake()
    }
  }

  private async readInto(step: Collected): Promise<void> {
    const {value} = await this.chunks.next()
    this.sink = step
    if (value === undefined) {
      this.isOpen = false
      step.isEnd = true
      this.lines.end()
    } else {
      step.length = value.length
      this.lines.push(value)
    }
    step.scanBy(this.pool)
    this.ready.push(step)
  }

  private change(): Promise<void> {
    return new Promise(resolve => void this.sleepers.push(resolve))
  }

  private wake(): void {
    for (const wake of this.sleepers.splice(0)) wake()
  }
}

/**
 * Takes the bytes of a log and gives what is to be done with them, chunk by chunk in their order; a step is good until the
 * next one is asked for.
 */
export async function* scanned(chunks: AsyncGenerator<Buffer, void>, pool: ScanPool): AsyncGenerator<Step, void> {
  const pump = new Pump(chunks, pool)
  try {
    for (let step = await pump.next(); step !== null; step = await pump.next()) {
      yield step
      pump.release(step)
      // Whatever was read meanwhile is taken before the next step, so that nothing stands still while lines are counted.
      await setImmediate()
    }
  } finally {
    await pump.close()
  }
}
