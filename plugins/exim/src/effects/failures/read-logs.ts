// Reads logs side by side in the order of time, so that copies of an event come near each other whatever the size.
import {LogClock, type WallClock} from '../../failures/clock.js'
import {Source} from '../../failures/once.js'
import {LogReader, type Reading} from '../../failures/reader.js'
import {bytesOf} from './bytes.js'
import type {OpenLog, OpenSeries} from './open-logs.js'

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
  bytes: AsyncGenerator<Buffer, void> | null
  time: number
}

const openNext = async (lane: Lane, reading: Reading, {wall, warn}: ReadOptions): Promise<boolean> => {
  const log = lane.waiting.shift()
  if (log === undefined) return false
  // What was last written before the time asked for has nothing to say; its mtime has parts of a second, its lines none.
  if (log.written + 1 < reading.window.since) return openNext(lane, reading, {wall, warn, progress: () => {}})
  lane.current = log
  lane.position = 0
  lane.reader = new LogReader(reading, lane.source, new LogClock(wall, log.written))
  lane.bytes = await bytesOf(log.file, text => warn(`${log.path} ${text}`))
  return true
}

// Reads one chunk; false when the lane is at its end.
const step = async (lane: Lane, reading: Reading, options: ReadOptions): Promise<number> => {
  if (lane.bytes === null && !(await openNext(lane, reading, options))) return -1
  const {value} = await lane.bytes!.next()
  if (value === undefined) {
    lane.reader!.end()
    lane.bytes = null
    return 0
  }
  lane.position += value.length
  lane.reader!.push(value)
  lane.time = Math.max(lane.time, lane.reader!.time)
  return value.length
}

/**
 * Reads all logs to their ends; `reading` holds what they say.
 * @returns of each series the newest log, and up to where it was read (in unpacked bytes)
 */
export const readLogs = async (series: OpenSeries, reading: Reading, options: ReadOptions): Promise<{log: OpenLog; position: number}[]> => {
  const lanes: Lane[] = [...series.values()].map(files => ({source: new Source(), waiting: [...files], current: null, position: 0, reader: null, bytes: null, time: 0}))
  const total = [...series.values()].flat().reduce((sum, {size}) => sum + size, 0)
  const all = [...lanes]
  let done = 0
  while (lanes.length > 0) {
    const lane = lanes.reduce((a, b) => (b.time < a.time ? b : a))
    const read = await step(lane, reading, options)
    if (read < 0) lanes.splice(lanes.indexOf(lane), 1)
    else options.progress((done += read), total)
  }
  return all.flatMap(({current, position}) => (current === null ? [] : [{log: current, position}]))
}
