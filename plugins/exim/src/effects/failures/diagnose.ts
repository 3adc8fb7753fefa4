// Reads the logs that were named, or this machine's, and says why logins fail.
import {networkInterfaces} from 'node:os'

import {fromSystem, isOpsError, OpsError} from 'mailops/core'

import {AddressSet} from '../../failures/address.js'
import {DEFAULT_THRESHOLDS, type Thresholds} from '../../failures/causes.js'
import {causeClasses} from '../../failures/classes.js'
import {localClock, type WallClock} from '../../failures/clock.js'
import {groupsOf} from '../../failures/groups.js'
import {Protection} from '../../failures/protection.js'
import type {Counts, Reading, Watcher, Window} from '../../failures/reader.js'
import type {BackendReader} from '../../failures/backend-log.js'
import type {Grouping, Report} from '../../failures/report.js'
import {Tally} from '../../failures/tally.js'
import {isoTime} from '../../failures/time-text.js'
import {follow, type From} from './follow.js'
import {closeLogs, openLogs, type OpenSeries} from './open-logs.js'
import {findLogs} from './places.js'
import {readLogs} from './read-logs.js'
import {isSideLog, readBackendLog, readSideLogs, type SideLogs, type SidePaths} from './side-logs.js'

/** What is asked for; everything has a default. */
export interface Question {
  /** Files; this machine's logs when empty. */
  readonly logs?: readonly string[]
  readonly window?: Window
  readonly wall?: WallClock
  readonly thresholds?: Thresholds
  /** Addresses and networks besides those of this machine's interfaces. */
  readonly own?: readonly string[]
  readonly webmail?: readonly string[]
  readonly side?: SidePaths
  readonly by?: Grouping
  readonly top?: number
  /** Told of each new failure while logs are followed. */
  readonly watch?: Watcher
  readonly progress?: (bytes: number, total: number) => void
  readonly warn?: (text: string) => void
}

const ALL: Window = {since: -Infinity, until: Infinity}

const addressesOf = (texts: readonly string[], option: string): AddressSet => {
  const set = new AddressSet()
  for (const text of texts)
    if (!set.add(text)) throw new OpsError('USAGE', `${option} '${text}': not an address`, {exit: 'usage', hint: 'write an address or a network: 192.0.2.1, 2001:db8::/32'})
  return set
}

const ownAddresses = (more: readonly string[]): AddressSet => {
  const set = addressesOf(more, '--own')
  for (const {address} of Object.values(networkInterfaces()).flatMap(list => list ?? [])) set.add(address)
  return set
}

/** A diagnosis under way: what was read so far, and the way to ask for its result as often as wanted. */
export class Diagnosis {
  readonly reading: Reading
  readonly files: string[] = []
  readonly warnings: string[] = []
  /** Logs of which a part could not be read: cut off or damaged. */
  readonly incomplete: string[] = []
  private readonly question: Question
  private readonly webmail: AddressSet
  private ends: From[] = []
  private backend: BackendReader | null = null
  private side: SideLogs = {checks: null, cphulk: null, read: []}

  constructor(question: Question) {
    this.question = question
    this.webmail = addressesOf(question.webmail ?? [], '--webmail')
    const counts: Counts = {lines: 0, unparsed: 0, outgoing: 0, outside: 0, samples: []}
    this.reading = {
      tally: new Tally(ownAddresses(question.own ?? []), question.thresholds ?? DEFAULT_THRESHOLDS),
      counts, window: question.window ?? ALL,
    }
  }

  get wall(): WallClock {
    return this.question.wall ?? localClock
  }

  warn(text: string): void {
    this.warnings.push(text)
    this.question.warn?.(text)
  }

  /** Finds and opens the logs; OpsError when there is none that can be read. */
  async open(): Promise<OpenSeries> {
    const named = (this.question.logs ?? []).filter(path => !isSideLog(path))
    const {files, looked, closed} = named.length > 0 ? {files: named, looked: named, closed: []} : await findLogs()
    if (files.length === 0 && closed.length > 0)
      throw new OpsError('EACCES', `cannot look for Exim's logs in ${closed.join(', ')}: permission denied`, {exit: 'noPermission', hint: 'run it as root'})
    if (files.length === 0)
      throw new OpsError('NO_LOGS', `no log of Exim is here (looked for ${looked.join(', ')})`, {exit: 'noInput', hint: 'name the logs: mailops exim auth-failures FILE...'})
    const {series, unopened} = await openLogs(files)
    // One that was named must be there; of those that were found, one may have been rotated away meanwhile.
    const [first] = unopened
    if (first !== undefined && (named.length > 0 || series.size === 0)) {
      await closeLogs(series)
      throw first.error
    }
    for (const {error} of unopened) this.warn(isOpsError(error) ? error.message : String(error))
    this.files.push(...[...series.values()].flat().map(({path}) => path))
    return series
  }

  /** Reads what is there. */
  async read(series: OpenSeries): Promise<void> {
    const {logs = [], side = {}} = this.question
    // First: of a login that Dovecot could not ask about, Exim's line does not tell the cause.
    const found = await readBackendLog({named: side.maillog, logs, wall: this.wall}, text => this.warn(text))
    this.backend = found === null || found.backend.faults === 0 ? null : found.backend
    this.reading.tally.backend = this.backend
    const incomplete = (text: string): void => {
      this.incomplete.push(text)
      this.warn(text)
    }
    try {
      const ends = await readLogs(series, this.reading, {wall: this.wall, progress: this.question.progress ?? (() => {}), warn: incomplete})
      // A log that was packed, or that is a pipe, does not grow.
      this.ends = ends.filter(({log, position}) => log.isFile && position >= log.size).map(({log, position}) => ({path: log.path, position}))
    } catch (error) {
      throw fromSystem(error, 'read', this.files.join(', '))
    }
    this.side = await readSideLogs(side, logs, text => this.warn(text))
    this.files.push(...this.side.read, ...(this.backend === null ? [] : [found!.path]).filter(path => !this.files.includes(path)))
  }

  /** Goes on reading what is written to the newest log of each series, until `signal` is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    if (this.ends.length === 0) throw new OpsError('NO_LOGS', 'none of these logs can grow', {exit: 'noInput', hint: 'name the log that Exim writes now'})
    try {
      // Not before: for each failure that is watched its line is made a string.
      const reading = {...this.reading, ...(this.question.watch !== undefined && {watch: this.question.watch})}
      await follow(this.ends, {reading, wall: this.wall, signal})
    } catch (error) {
      throw fromSystem(error, 'follow', this.ends.map(({path}) => path).join(', '))
    }
  }

  /** The result so far. */
  report(): Report {
    const {tally, counts} = this.reading
    const {by = 'cause', top = 20} = this.question
    const around = {
      protection: new Protection(tally, address => this.webmail.has(address)),
      ...this.side,
      proofFor: (cause: string, service: string | null): readonly string[] => {
        const proof = cause === 'monitor' && service !== null ? this.side.checks?.get(service)?.proof : undefined
        if (cause === 'backend' && this.backend !== null) return [`maillog: ${this.backend.proof}`]
        return proof === undefined || proof === '' ? [] : [`chkservd.log: ${proof}`]
      },
    }
    return {
      lines: counts.lines, failures: tally.failures, unparsed: counts.unparsed,
      classes: causeClasses(tally, around),
      unparsedSamples: counts.samples, successes: tally.successes, repeated: tally.repeated,
      outgoing: counts.outgoing, outside: counts.outside,
      first: isoTime(tally.first), last: isoTime(tally.last),
      histogram: tally.histogram.rows(24).bins.map(([start, count]) => ({start: isoTime(start) ?? '', count})),
      logs: this.files, warnings: this.warnings,
      ...(by !== 'cause' && {by, groups: groupsOf(tally, by, top).groups}),
    }
  }
}

/** Reads everything once; the diagnosis can say what it found, and go on. */
export const readAll = async (question: Question): Promise<Diagnosis> => {
  const diagnosis = new Diagnosis(question)
  const series = await diagnosis.open()
  try {
    await diagnosis.read(series)
  } finally {
    await closeLogs(series)
  }
  diagnosis.reading.tally.end()
  return diagnosis
}

/** Reads everything once and returns the document of auth-failures. */
export const diagnose = async (question: Question = {}): Promise<Report> => (await readAll(question)).report()
