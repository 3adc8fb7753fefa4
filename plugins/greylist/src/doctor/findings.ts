// What doctor says of greylisting, from facts that were looked up: which filter, is the daemon there, do clients pass unchecked.
import {plural, type DoctorFinding} from 'mailops/core'

import {STALE_DAYS} from '../providers/providers.js'

/** What was found on this machine. */
export interface GreylistFacts {
  /** Null: no filter that runs. */
  readonly filter: {readonly path: string; readonly form: string; readonly version: string} | null
  readonly hasCompiler: boolean
  readonly socket: string
  /** `absent`: nobody listens, and there is no trace that anybody ever did. */
  readonly daemon: 'answers' | 'silent' | 'gone' | 'absent'
  /** What the daemon says of itself; null when it was not asked: none answers, or it is closed to this user. */
  readonly inside: {
    /** Why everybody passes: the store's last word. */
    readonly trouble: string | null
    /** Until when everybody passes because a damaged store was moved aside, ISO 8601. */
    readonly learningUntil: string | null
    /** True when the settings say so. */
    readonly isLearning: boolean
  } | null
  /** Clients that passed unchecked since the daemon last counted, and when the last one did. */
  readonly unchecked: {readonly count: number; readonly secondsAgo: number} | null
  /** The providers' list in force; null when none is, or it cannot be read. */
  readonly providers: {readonly date: string; readonly days: number; readonly isBundled: boolean} | null
  /** True when SQLite's module can be loaded. */
  readonly hasSqlite: boolean
}

const LASTING_SECONDS = 600

const filterFinding = ({filter, hasCompiler}: GreylistFacts): DoctorFinding => {
  if (filter === null)
    return {code: 'GREYLIST_NO_FILTER', severity: 'note', text: 'greylist filter: none that runs', hint: 'mailops greylist build-filter --yes'}
  const text = `greylist filter: ${filter.form} form ${filter.version} in ${filter.path}`
  return filter.form === 'Perl' && hasCompiler
    ? {code: 'GREYLIST_FILTER', severity: 'note', text: `${text}; a compiler is here, and the C form costs half`, hint: 'mailops greylist build-filter --yes'}
    : {code: 'GREYLIST_FILTER', severity: 'ok', text}
}

const daemonFinding = ({daemon, socket, hasSqlite}: GreylistFacts): DoctorFinding | null => {
  switch (daemon) {
    case 'answers':
      return {code: 'GREYLIST_DAEMON', severity: 'ok', text: `greylist daemon answers on ${socket}`}
    case 'silent':
      return {code: 'GREYLIST_DAEMON_SILENT', severity: 'problem', text: `greylist daemon on ${socket} does not answer: clients pass unchecked`, hint: 'systemctl restart mailops-greylist, or svc -t /service/mailops-greylist'}
    case 'gone':
      return {code: 'GREYLIST_DAEMON_GONE', severity: 'problem', text: `greylist daemon is not running (it served ${socket}): clients pass unchecked`, hint: 'systemctl start mailops-greylist, or svc -u /service/mailops-greylist'}
    case 'absent':
      return hasSqlite ? null : {code: 'SQLITE_MISSING', severity: 'note', text: 'greylisting needs better-sqlite3, which is not installed', hint: 'npm i -g --allow-scripts=better-sqlite3 mailops'}
  }
}

/** Everybody passes, though the daemon answers: Postfix and Exim have no filter whose tally would tell. */
const insideFinding = ({inside}: GreylistFacts): DoctorFinding | null => {
  if (inside === null) return null
  const {trouble, learningUntil, isLearning} = inside
  if (trouble !== null) return {code: 'GREYLIST_STORE', severity: 'problem', text: `greylist: everybody passes: ${trouble}`, hint: 'make room, or give the folder back to the user of the daemon; it goes on by itself'}
  if (learningUntil !== null) return {code: 'GREYLIST_STORE_LOST', severity: 'problem', text: `greylist: the store was damaged and moved aside; everybody passes until ${learningUntil}`, hint: 'mailops greylist import --from json FILE --yes, where there is an export'}
  return isLearning ? {code: 'GREYLIST_LEARNING', severity: 'note', text: 'greylist: learning mode, nobody is deferred', hint: 'mailops greylist report'} : null
}

const uncheckedFinding = ({unchecked, daemon}: GreylistFacts): DoctorFinding | null => {
  if (unchecked === null || unchecked.count === 0) return null
  const lasting = unchecked.secondsAgo < LASTING_SECONDS
  return {
    code: 'GREYLIST_UNCHECKED',
    severity: lasting ? 'problem' : 'note',
    text: `${plural(unchecked.count, 'connection')} passed the greylist filter unchecked, the last ${unchecked.secondsAgo} s ago`,
    hint: daemon === 'answers' ? 'the log of tcpserver has the reason of each: grep mailops-greylist' : 'start the daemon: mailops greylist serve',
  }
}

/** Only where a daemon uses it. */
const providersFinding = ({providers, daemon}: GreylistFacts): DoctorFinding | null => {
  if (providers === null || daemon === 'absent' || providers.days <= STALE_DAYS) return null
  return {
    code: 'GREYLIST_PROVIDERS_OLD',
    severity: 'note',
    text: `greylist: the ranges of large providers are ${providers.days} days old (${providers.date}${providers.isBundled ? ', the list that came with the program' : ''})`,
    hint: 'mailops greylist providers update --yes',
  }
}

/** Nothing where greylisting was never set up, except which filter would run. */
export const greylistFindings = (facts: GreylistFacts): DoctorFinding[] =>
  [filterFinding(facts), daemonFinding(facts), insideFinding(facts), uncheckedFinding(facts), providersFinding(facts)].filter(finding => finding !== null)
