// Reads logs side by side in the order of time, so that copies of an event come near each other whatever the size.
import {LogClock, type WallClock} from '../../failures/clock.js'
import {Source} from '../../failures/once.js'
import {LogReader, type Reading} from '../../failures/reader.js'
import {bytesOf} from './bytes.js'
import type {OpenLog, OpenSeries} from './open-logs.js'
import {hasProcessors, ScanPool} from './scan-pool.js'
import {scanned, type Step} from './scanned.js'

/** What reading needs besides the logs. */
export interface ReadOptions {
  readonly wall: WallClock
  readonly progress: (bytes: number, total: number) => void
  readonly warn: (text: string) => void
}

interface Lane {
  readonly source: Source
  readonly waiting: OpenLog[]
  /** The log under way, and how many bytes of it were read. */
  current: OpenLog | null
  position: number
  reader: LogReader | null
  steps: AsyncGenerator<Step, void> | null
  time: number
}

/** What all lanes share. */
interface Shared extends ReadOptions {
  readonly reading: Reading
  /** Null where threads would not pay. */
  readonly pool: ScanPool | null
}

// Below so many bytes the start of threads costs more than they save; packed ones are ten times as many.
const WORTH_THREADS = 16 << 20
// Each lane has some megabytes under way.
const MOST_LANES = 4

const unaided = async function* (chunks: AsyncGenerator<Buffer, void>): AsyncGenerator<Step, void> {
  for await (const chunk of chunks) yield {length: chunk.length, isEnd: false, giveTo: reader => reader.push(chunk)}
  yield {length: 0, isEnd: true, giveTo: reader => reader.end()}
}

const openNext = async (lane: Lane, shared: Shared): Promise<boolean> => {
  const {reading, wall, warn, pool} = shared
  const log = lane.waiting.shift()
  if (log === undefined) return false
  // What was last written before the time asked for has nothing to say; its mtime has parts of a second, its lines none.
  if (log.written + 1 < reading.window.since) return openNext(lane, shared)
  lane.current = log
  lane.position = 0
  lane.reader = new LogReader(reading, lane.source, new LogClock(wall, log.written))
  const bytes = await bytesOf(log.file, text => warn(`${log.path} ${text}`))
  lane.steps = pool !== null && log.isFile ? scanned(bytes, pool) : unaided(bytes)
  return true
}

// Reads one chunk; false when the lane is at its end.
const step = async (lane: Lane, shared: Shared): Promise<number> => {
  if (lane.steps === null && !(await openNext(lane, shared))) return -1
  const {value} = await lane.steps!.next()
  // After the last one nobody asks.
  if (value === undefined) return -1
  lane.position += value.length
  value.giveTo(lane.reader!)
  if (value.isEnd) {
    await lane.steps!.return()
    lane.steps = null
  } else lane.time = Math.max(lane.time, lane.reader!.time)
  return value.length
}

/**
 * Reads all logs to their ends; `reading` holds what they say.
 * @returns of each series the newest log, and up to where it was read (in unpacked bytes)
 */
export const readLogs = async (series: OpenSeries, reading: Reading, options: ReadOptions): Promise<{log: OpenLog; position: number}[]> => {
  const lanes: Lane[] = [...series.values()].map(files => ({source: new Source(), waiting: [...files], current: null, position: 0, reader: null, steps: null, time: 0}))
  const total = [...series.values()].flat().reduce((sum, {size}) => sum + size, 0)
  const pool = total >= WORTH_THREADS && lanes.length <= MOST_LANES && hasProcessors() ? new ScanPool() : null
  const shared: Shared = {...options, reading, pool}
  try {
    await readLanes([...lanes], shared, total)
  } finally {
    await pool?.end()
  }
  return lanes.flatMap(({current, position}) => (current === null ? [] : [{log: current, position}]))
}

const readLanes = async (lanes: Lane[], shared: Shared, total: number): Promise<void> => {
  let done = 0
  while (lanes.length > 0) {
    const lane = lanes.reduce((a, b) => (b.time < a.time ? b : a))
    const read = await step(lane, shared)
    if (read < 0) lanes.splice(lanes.indexOf(lane), 1)
    else shared.progress((done += read), total)
  }
}
