// Which files are one log: mainlog, mainlog.1, mainlog.2.gz, exim_mainlog-20260301.gz; in the order in which they were written.
import {basename, dirname, join} from 'node:path'

const PACKED = /\.(?:gz|bz2|xz|zst|lz4|Z)$/
// logrotate's dateext with any dateformat of digits; exicyclog and newsyslog count; Exim's own %D and %M stamp.
const DATED = /[.-]?(20\d\d-?\d\d-?\d\d(?:[-_.T]?\d{1,10})?|20\d{4})$/
const COUNTED = /\.(\d{1,4})$/

interface Place {
  /** Path of the log without what rotation adds. */
  readonly series: string
  /** Larger is newer. */
  readonly age: number
}

const placeOf = (path: string): Place => {
  const name = basename(path).replace(PACKED, '')
  const counted = COUNTED.exec(name)
  if (counted !== null) return {series: join(dirname(path), name.slice(0, counted.index)), age: -Number(counted[1])}
  const dated = DATED.exec(name)
  if (dated !== null && dated.index > 0)
    // The file that is being written has no date where rotation adds one, so it is newer than all dates.
    return {series: join(dirname(path), name.slice(0, dated.index)), age: -1e15 + Number(dated[1]!.replace(/\D/g, '').slice(0, 14).padEnd(14, '0'))}
  return {series: join(dirname(path), name), age: 0}
}

/** The series a path belongs to: its path without what rotation and compression added. */
export const seriesOf = (path: string): string => placeOf(path).series

/** Takes paths, returns them by series, the oldest file of each first. */
export const bySeries = (paths: readonly string[]): Map<string, string[]> => {
  const found = new Map<string, {path: string; age: number}[]>()
  for (const path of paths) {
    const {series, age} = placeOf(path)
    found.set(series, [...(found.get(series) ?? []), {path, age}])
  }
  return new Map([...found].map(([series, list]) => [series, list.toSorted((a, b) => a.age - b.age || (a.path < b.path ? -1 : 1)).map(({path}) => path)]))
}
