// What `mailops doctor` shows of Exim's logs: where they are, and whether their ends tell of something to mend.
import {bytesText, describe, isOpsError, plural, type DoctorFinding} from 'mailops/core'

import {localClock, LogClock} from '../../failures/clock.js'
import {Source} from '../../failures/once.js'
import {LogReader} from '../../failures/reader.js'
import {bytesOf} from './bytes.js'
import {Diagnosis} from './diagnose.js'
import {closeLogs, openLogs, type OpenLog} from './open-logs.js'
import {findLogs} from './places.js'

// Doctor is quick, so it reads the ends of the logs only, and of the last hour.
const END_BYTES = 4 << 20
const RECENT_SECONDS = 3600
const URGENT = new Set(['monitor', 'outage', 'backend'])
const HINT = 'mailops exim auth-failures --since 1h'

const readEnds = async (logs: readonly OpenLog[]): Promise<DoctorFinding[]> => {
  const now = Date.now() / 1000
  const diagnosis = new Diagnosis({window: {since: now - RECENT_SECONDS, until: Infinity}})
  for (const log of logs.filter(({written}) => written >= now - RECENT_SECONDS)) {
    const reader = new LogReader(diagnosis.reading, new Source(), new LogClock(localClock, log.written))
    for await (const chunk of await bytesOf(log.file, () => {}, Math.max(0, log.size - END_BYTES))) reader.push(chunk)
    reader.end()
  }
  diagnosis.reading.tally.end()
  return diagnosis.report().classes.filter(({cause, mended}) => URGENT.has(cause) && mended !== true).map(({cause, service, count}) => ({
    code: `EXIM_${cause.toUpperCase()}`, severity: 'problem', hint: HINT,
    text: `${plural(count, 'login')} failed in the last hour by the cause ${cause}${service === undefined ? '' : ` of ${service}`}`,
  }))
}

/** The findings about this machine's logs; none where there is no Exim. */
export const logFindings = async (): Promise<DoctorFinding[]> => {
  try {
    const {files} = await findLogs()
    // Syslog alone may be any mail server's.
    const own = files.filter(path => path.includes('exim'))
    if (own.length === 0) return []
    const {series, unopened} = await openLogs(own)
    try {
      const newest = [...series.values()].map(list => list.at(-1)!)
      const size = [...series.values()].flat().reduce((sum, log) => sum + log.size, 0)
      const closed = unopened.map(({path, error}): DoctorFinding => ({
        code: 'EXIM_LOG_DENIED', severity: 'note', text: isOpsError(error) ? error.message : `cannot read ${path}`, hint: 'run it as root',
      }))
      const place: DoctorFinding[] = newest.length === 0 ? [] : [{code: 'EXIM_LOGS', severity: 'ok', text: `Exim logs to ${newest.map(({path}) => path).join(', ')} (${plural(own.length, 'file')}, ${bytesText(size)})`}]
      return [...place, ...closed, ...(await readEnds(newest))]
    } finally {
      await closeLogs(series)
    }
  } catch (error) {
    // What keeps the logs from being read is itself what there is to say; anything else is a bug, and doctor says so.
    if (!isOpsError(error)) throw error
    const {message, hint} = describe(error)
    return [{code: 'EXIM_LOGS_UNREADABLE', severity: 'note', text: message, ...(hint !== undefined && {hint})}]
  }
}
