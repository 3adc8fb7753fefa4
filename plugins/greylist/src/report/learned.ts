// What greylisting does, or in learning mode would do, to this host's mail: by network and by domain of the sender.
import {countText, durationText, plural, tableLines, terminalSafe, type JsonObject} from 'mailops/core'

import {domainOf} from '../policy/sender.js'
import type {Entry, Lost} from '../store/store.js'

/** One source of mail as far as it was, or would have been, deferred. */
export interface Source {
  /** A domain of senders, or a network where no envelope is known. */
  readonly source: string
  /** Came back in time, and how long that took, seconds. */
  passed: number
  longest: number
  /** Never came back in time. */
  lost: number
  /** Not decided yet. */
  waiting: number
}

export interface Learned {
  readonly sources: readonly Source[]
  readonly passed: number
  readonly lost: number
  readonly waiting: number
  /** Seconds; null without any. */
  readonly median: number | null
  readonly p95: number | null
}

/** Networks and domains that are told apart; what goes beyond is counted, not named. */
const MOST = 100_000

/** Gathers entries one by one, in bounded memory. */
export const gatherer = () => {
  const sources = new Map<string, Source>()
  const bins = new Map<number, number>()
  const total = {passed: 0, lost: 0, waiting: 0}
  const sourceOf = ({network, sender}: Pick<Entry, 'network' | 'sender'>): Source | null => {
    const name = sender === '<>' || sender === '' ? network : domainOf(sender) || network
    const known = sources.get(name)
    if (known !== undefined || sources.size >= MOST) return known ?? null
    const fresh: Source = {source: name, passed: 0, longest: 0, lost: 0, waiting: 0}
    sources.set(name, fresh)
    return fresh
  }
  const passed = (entry: Entry): void => {
    const delay = Math.max(0, entry.passed - entry.first) / 1000
    const bin = Math.floor(Math.log(Math.max(1, delay)) / Math.log(1.05))
    bins.set(bin, (bins.get(bin) ?? 0) + 1)
    total.passed++
    const source = sourceOf(entry)
    if (source === null) return
    source.passed++
    source.longest = Math.max(source.longest, delay)
  }
  const other = (kind: 'lost' | 'waiting', entry: Pick<Entry, 'network' | 'sender'>): void => {
    total[kind]++
    const source = sourceOf(entry)
    if (source !== null) source[kind]++
  }
  const share = (part: number): number | null => {
    let seen = 0
    for (const [bin, count] of [...bins].sort(([a], [b]) => a - b)) if ((seen += count) >= part * total.passed) return 1.05 ** (bin + 0.5)
    return null
  }
  return {
    entry: (entry: Entry): void => {
      // A domain's own entry stands beside that of the network that was deferred.
      if (entry.network.startsWith('spf:')) return
      if (entry.passed > 0) passed(entry)
      else other('waiting', entry)
    },
    lost: (lost: Lost): void => other('lost', lost),
    learned: (): Learned => ({sources: [...sources.values()], ...total, median: share(0.5), p95: share(0.95)}),
  }
}

const span = (seconds: number | null): string => (seconds === null ? '-' : durationText(seconds))

/** The sources that suffer most: first those that never came back, then those that waited longest. */
export const worst = (sources: readonly Source[], limit: number): Source[] =>
  [...sources].sort((a, b) => b.lost - a.lost || b.longest - a.longest || b.waiting - a.waiting).slice(0, limit)

/** For people, at most 80 columns wide. */
export const learnedLines = ({sources, passed, lost, waiting, median, p95}: Learned, {learning, limit, width}: {learning: boolean; limit: number; width: number}): string[] => {
  const would = learning ? 'would have been deferred' : 'were deferred'
  const all = passed + lost + waiting
  if (all === 0) return [`no first attempts ${would} yet`]
  const rows = worst(sources, limit).map(({source, ...one}) => [terminalSafe(source), countText(one.lost), countText(one.waiting), countText(one.passed), one.passed === 0 ? '-' : durationText(one.longest)])
  const [most] = worst(sources, 1)
  return [
    `${plural(all, 'first attempt')} ${would}:`,
    `  ${countText(passed)} came back in time${passed === 0 ? '' : `, half of them within ${span(median)}, 95 % within ${span(p95)}`}`,
    `  ${countText(lost)} never came back in time`,
    `  ${countText(waiting)} may still come back`,
    '',
    ...tableLines([{heading: 'SENDER DOMAIN OR NETWORK', shrink: true}, {heading: 'LOST', align: 'right'}, {heading: 'WAITING', align: 'right'}, {heading: 'CAME BACK', align: 'right'}, {heading: 'LONGEST', align: 'right'}], rows, width),
    ...(most === undefined || most.lost === 0 ? [] : ['', `one that you trust: mailops greylist allow ${terminalSafe(most.source)}${most.source.includes('/') ? '' : ' --as domain'}`]),
  ]
}

/** For programs. */
export const learnedJson = (learned: Learned, limit: number): JsonObject => ({...learned, sources: worst(learned.sources, limit)}) as unknown as JsonObject
