// The counters of a day, or of all days, as numbers that answer questions.
import {bar, countText, durationText, tableLines, terminalSafe, type JsonObject} from 'mailops/core'

import {delayBins, LOST, quantile} from '../metrics/names.js'
import type {Counts} from '../store/store.js'

export interface StatisticsInput {
  readonly counts: Counts
  readonly size: {readonly pending: number; readonly passed: number}
  readonly top: readonly {readonly network: string; readonly pending: number; readonly tries: number}[]
}

/** What the counters say; spans in seconds, shares from 0 to 1, null where there is nothing to say. */
export interface Statistics {
  readonly decisions: {readonly action: string; readonly reason: string; readonly count: number}[]
  readonly passed: number
  readonly deferred: number
  readonly rejected: number
  readonly medianDelay: number | null
  readonly p95Delay: number | null
  /** Of the first attempts whose end is known, those that were never retried in time. */
  readonly neverRetried: number | null
  readonly delays: {readonly upTo: number | null; readonly count: number}[]
  readonly pending: number
  readonly known: number
  readonly top: StatisticsInput['top']
}

const EDGES = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400]

const binned = (counts: Counts): Statistics['delays'] => {
  const bins = delayBins(counts)
  return [...EDGES, null].map((upTo, n) => ({
    upTo,
    count: bins.reduce((sum, {seconds, count}) => sum + (seconds > (EDGES[n - 1] ?? 0) && (upTo === null || seconds <= upTo) ? count : 0), 0),
  }))
}

/** Makes of the counters of a store what `stats` shows. */
export const statisticsOf = ({counts, size, top}: StatisticsInput): Statistics => {
  const decisions = Object.entries(counts)
    .flatMap(([name, count]) => {
      const [action = '', reason] = name.split(' ')
      return reason !== undefined && ['pass', 'defer', 'reject', 'learn'].includes(action) ? [{action, reason, count}] : []
    })
    .sort((a, b) => b.count - a.count)
  const sum = (action: string): number => decisions.reduce((total, one) => total + (one.action === action ? one.count : 0), 0)
  const bins = delayBins(counts)
  const retried = bins.reduce((total, {count}) => total + count, 0)
  const lost = counts[LOST] ?? 0
  return {
    decisions,
    passed: sum('pass') + sum('learn'),
    deferred: sum('defer'),
    rejected: sum('reject'),
    medianDelay: quantile(bins, 0.5),
    p95Delay: quantile(bins, 0.95),
    neverRetried: retried + lost === 0 ? null : lost / (retried + lost),
    delays: binned(counts),
    pending: size.pending,
    known: size.passed,
    top,
  }
}

const span = (seconds: number | null): string => (seconds === null ? '-' : durationText(seconds))
const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`)

const histogram = (delays: Statistics['delays']): string[] => {
  const most = Math.max(...delays.map(({count}) => count))
  if (most === 0) return []
  const shown = delays.slice(0, delays.findLastIndex(({count}) => count > 0) + 1)
  return [
    '',
    'first sight to the retry that passed:',
    ...shown.map(({upTo, count}) => `  ${(upTo === null ? 'longer' : `<= ${durationText(upTo)}`).padEnd(9)} ${countText(count).padStart(9)} ${bar(count, most, 40)}`.trimEnd()),
  ]
}

/** For people, at most 80 columns wide. */
export const statisticsLines = (statistics: Statistics, width: number): string[] => {
  const {decisions, top} = statistics
  return [
    ...(decisions.length === 0
      ? ['nothing has been decided yet']
      : tableLines([{heading: 'DECISION'}, {heading: 'REASON'}, {heading: 'COUNT', align: 'right'}], decisions.map(({action, reason, count}) => [action, reason, countText(count)]), width)),
    '',
    `delay of what passed     median ${span(statistics.medianDelay)}, 95 % within ${span(statistics.p95Delay)}`,
    `never retried            ${percent(statistics.neverRetried)}`,
    `remembered               ${countText(statistics.pending)} pending, ${countText(statistics.known)} passed`,
    ...histogram(statistics.delays),
    ...(top.length === 0
      ? []
      : ['', ...tableLines([{heading: 'NETWORKS WITH MOST PENDING', shrink: true}, {heading: 'PENDING', align: 'right'}, {heading: 'TRIES', align: 'right'}], top.map(({network, pending, tries}) => [terminalSafe(network), countText(pending), countText(tries)]), width)]),
  ]
}

/** For programs. */
export const statisticsJson = (statistics: Statistics): JsonObject => statistics as unknown as JsonObject
