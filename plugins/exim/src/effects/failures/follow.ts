// Follows logs as they grow, through rotation by rename and by truncation.
import {constants} from 'node:fs'
import type {FileHandle} from 'node:fs/promises'
import {open, stat} from 'node:fs/promises'

import {LogClock, type WallClock} from '../../failures/clock.js'
import {Source} from '../../failures/once.js'
import {LogReader, type Reading} from '../../failures/reader.js'

const POLL_MS = 250
// After a rename, Exim's processes write on to the old file until their next message; then nothing comes any more.
const OLD_FILE_MS = 60_000
const CHUNK = 1 << 18

interface Tail {
  readonly file: FileHandle
  readonly reader: LogReader
  position: number
  /** When it was found to be rotated away; 0 while it is the log. */
  rotated: number
}

/** One log by its path, whatever file stands there. */
class Followed {
  private readonly path: string
  private readonly reading: Reading
  private readonly wall: WallClock
  private readonly source = new Source()
  private tails: Tail[] = []

  constructor(path: string, reading: Reading, wall: WallClock) {
    this.path = path
    this.reading = reading
    this.wall = wall
  }

  /** Begins at the position up to which the log was read already. */
  async begin(position: number): Promise<void> {
    await this.add(position)
  }

  /** Reads what came since, from the old file first. */
  async poll(): Promise<void> {
    for (const tail of this.tails) await this.drain(tail)
    const current = this.tails.at(-1)
    // copytruncate: the same file begins anew.
    if (current?.rotated === 0 && (await current.file.stat()).size < current.position) current.position = 0
    if (current === undefined || current.rotated > 0 || (await this.isRotated(current))) {
      if (current !== undefined && current.rotated === 0) current.rotated = Date.now()
      // What came to the old file until it was left comes first.
      if (current !== undefined) await this.drain(current)
      if (await this.add(0)) await this.drain(this.tails.at(-1)!)
    }
    const gone = this.tails.filter(({rotated}) => rotated > 0 && Date.now() - rotated > OLD_FILE_MS)
    this.tails = this.tails.filter(tail => !gone.includes(tail))
    for (const {file, reader} of gone) {
      reader.end()
      await file.close()
    }
  }

  async close(): Promise<void> {
    for (const {file} of this.tails) await file.close()
    this.tails = []
  }

  private async isRotated({file}: Tail): Promise<boolean> {
    const [own, there] = await Promise.all([file.stat(), statOrNull(this.path)])
    return there === null || there.ino !== own.ino || there.dev !== own.dev
  }

  private async add(position: number): Promise<boolean> {
    const there = await statOrNull(this.path)
    if (there === null || !there.isFile()) return false
    const known = this.tails.find(({rotated}) => rotated === 0)
    if (known !== undefined) return false
    const file = await open(this.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    // Years that syslog leaves out are guessed from now, since these lines are being written now.
    const clock = new LogClock(this.wall, Date.now() / 1000)
    this.tails.push({file, reader: new LogReader(this.reading, this.source, clock), position, rotated: 0})
    return true
  }

  private async drain(tail: Tail): Promise<void> {
    const buffer = Buffer.allocUnsafe(CHUNK)
    for (;;) {
      const {bytesRead} = await tail.file.read(buffer, 0, CHUNK, tail.position)
      if (bytesRead === 0) return
      tail.position += bytesRead
      tail.reader.push(buffer.subarray(0, bytesRead))
    }
  }
}

const statOrNull = async (path: string) => {
  try {
    return await stat(path)
  } catch (error) {
    // Between the rename and the first line that is written there is no file.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A log to follow, and up to where it was read. */
export interface From {
  readonly path: string
  readonly position: number
}

/** Follows until `signal` is aborted; `reading.watch` is told of every failure. */
export const follow = async (logs: readonly From[], {reading, wall, signal}: {reading: Reading; wall: WallClock; signal: AbortSignal}): Promise<void> => {
  const all = logs.map(({path}) => new Followed(path, reading, wall))
  try {
    for (const [index, one] of all.entries()) await one.begin(logs[index]!.position)
    while (!signal.aborted) {
      for (const one of all) await one.poll()
      await wait(signal)
    }
  } finally {
    for (const one of all) await one.close()
  }
}

const wait = async (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, POLL_MS)
    signal.addEventListener('abort', done)
  })
}
