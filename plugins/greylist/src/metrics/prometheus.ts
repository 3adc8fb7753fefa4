// The counters in Prometheus' text format (exposition format 0.0.4).
import type {Counts} from '../store/store.js'
import {delayBins, LOST} from './names.js'

/** What is measured beside the counters. */
export interface Gauges {
  readonly pending?: number
  readonly passed?: number
  readonly learning?: boolean
  readonly storeUp?: boolean
  readonly rules?: number
}

const PREFIX = 'mailops_greylist'
const EDGES = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]

const label = (value: string): string => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')

const family = (name: string, {type, help}: {type: string; help: string}, samples: readonly string[]): string[] =>
  samples.length === 0 ? [] : [`# HELP ${PREFIX}_${name} ${help}`, `# TYPE ${PREFIX}_${name} ${type}`, ...samples]

const decisions = (counts: Counts): string[] => {
  const samples = Object.entries(counts).flatMap(([name, n]) => {
    const [action, reason] = name.split(' ')
    if (!['pass', 'defer', 'reject', 'learn'].includes(action ?? '')) return []
    return [`${PREFIX}_decisions_total{action="${action}",reason="${label(reason ?? '')}"} ${n}`]
  })
  return family('decisions_total', {type: 'counter', help: 'Decisions by action and reason; learn is what only learning mode let pass.'}, samples.toSorted())
}

const delays = (counts: Counts): string[] => {
  const bins = delayBins(counts)
  const all = bins.reduce((sum, {count}) => sum + count, 0)
  const sum = bins.reduce((total, {seconds, count}) => total + seconds * count, 0)
  const upTo = (edge: number): number => bins.reduce((total, {seconds, count}) => total + (seconds <= edge ? count : 0), 0)
  return family('delay_seconds', {type: 'histogram', help: 'First sight to the retry that passed.'}, [
    ...EDGES.map(edge => `${PREFIX}_delay_seconds_bucket{le="${edge}"} ${upTo(edge)}`),
    `${PREFIX}_delay_seconds_bucket{le="+Inf"} ${all}`,
    `${PREFIX}_delay_seconds_sum ${Math.round(sum)}`,
    `${PREFIX}_delay_seconds_count ${all}`,
  ])
}

/** Counters of the sockets and the store: one word each. */
const others = (counts: Counts): string[] =>
  Object.entries(counts)
    .filter(([name]) => name !== LOST && /^[a-z_]+$/.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, n]) => family(`${name}_total`, {type: 'counter', help: `${name.replaceAll('_', ' ')}.`}, [`${PREFIX}_${name}_total ${n}`]))

const gauge = (name: string, help: string, value: number | boolean | undefined): string[] =>
  value === undefined ? [] : family(name, {type: 'gauge', help}, [`${PREFIX}_${name} ${Number(value)}`])

/** All of it, ending with a line end. */
export const prometheusText = (counts: Counts, gauges: Gauges): string =>
  [
    ...decisions(counts),
    ...delays(counts),
    ...family('lost_total', {type: 'counter', help: 'Entries that expired without a retry that passed.'}, [`${PREFIX}_lost_total ${counts[LOST] ?? 0}`]),
    ...others(counts),
    ...family('entries', {type: 'gauge', help: 'Remembered networks and triplets.'}, [
      ...(gauges.pending === undefined ? [] : [`${PREFIX}_entries{state="pending"} ${gauges.pending}`]),
      ...(gauges.passed === undefined ? [] : [`${PREFIX}_entries{state="passed"} ${gauges.passed}`]),
    ]),
    ...gauge('list_entries', 'Entries of the lists.', gauges.rules),
    ...gauge('learning', '1 while everything passes.', gauges.learning),
    ...gauge('store_up', '0 while decisions are made without the store.', gauges.storeUp),
    '',
  ].join('\n')
