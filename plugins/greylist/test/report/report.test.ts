// Log lines, counters and what is made of them.
import {expect, test} from 'vitest'

import {logLine} from '../../src/log/line.js'
import {decisionCounter, delayBins, delayCounter, quantile} from '../../src/metrics/names.js'
import {prometheusText} from '../../src/metrics/prometheus.js'
import type {Decision, Request} from '../../src/policy/types.js'
import {gatherer, learnedLines} from '../../src/report/learned.js'
import {statisticsLines, statisticsOf} from '../../src/report/statistics.js'

const AT = 1_790_000_000_000
const request: Request = {client: '192.0.2.7', clientName: 'mx.example.com', sender: 'a@b', recipient: 'c@d', stage: 'rcpt', listener: 'unix:/p'}
const early: Decision = {action: 'defer', reason: 'early', wait: 40_500, tries: 2, network: '192.0.2.0/24', sender: 'a@b', recipient: 'c@d'}

test('a line of JSON a decision', () => {
  expect(JSON.parse(logLine('json', {request, decision: early, at: AT}))).toEqual({
    at: '2026-09-21T14:13:20.000Z', action: 'defer', reason: 'early', client: '192.0.2.7', name: 'mx.example.com', sender: 'a@b', recipient: 'c@d',
    stage: 'rcpt', network: '192.0.2.0/24', key: '192.0.2.0/24 a@b c@d', wait: 41, tries: 2, listener: 'unix:/p',
  })
})

test("the classic line has postgrey's words, and nothing that a client sent breaks it", () => {
  expect(logLine('classic', {request, decision: early, at: AT})).toBe(
    'action=greylist, reason=early-retry (41s missing), client_name=mx.example.com, client_address=192.0.2.7, sender=a@b, recipient=c@d',
  )
  const passed = logLine('classic', {request, decision: {action: 'pass', reason: 'retried', delayed: 61_900}, at: AT})
  expect(passed).toMatch(/^action=pass, reason=retried, delay=61, /)
  const hostile = {...request, sender: 'x, action=pass\n\u001b[2J@\u202eb', helo: '\r\n'}
  for (const form of ['classic', 'json'] as const) {
    const line = logLine(form, {request: hostile, decision: early, at: AT})
    expect(line).not.toMatch(/[\n\r\u001b]/)
    if (form === 'classic') expect(line.split(', ').filter(part => part.startsWith('action='))).toHaveLength(1)
  }
})

test('delays are counted to five per cent', () => {
  const counts: Record<string, number> = {}
  for (let seconds = 60; seconds <= 6000; seconds += 60) counts[delayCounter(seconds * 1000)] = (counts[delayCounter(seconds * 1000)] ?? 0) + 1
  const bins = delayBins(counts)
  expect(quantile(bins, 0.5)! / 3000).toBeCloseTo(1, 0.5)
  expect(Math.abs(quantile(bins, 0.5)! - 3000) / 3000).toBeLessThan(0.06)
  expect(Math.abs(quantile(bins, 0.95)! - 5700) / 5700).toBeLessThan(0.06)
  expect(quantile([], 0.5)).toBeNull()
})

const counts = {[decisionCounter(early)]: 7, 'pass known': 90, 'learn new': 3, lost: 1, connections: 5, ...Object.fromEntries([61, 300, 400, 90_000].map(seconds => [delayCounter(seconds * 1000), 1]))}

test("Prometheus' text: every sample after its type, buckets that only grow, escapes", () => {
  const text = prometheusText(counts, {pending: 2, passed: 3, learning: true, storeUp: true, rules: 4})
  expect(text.endsWith('\n')).toBe(true)
  expect(text).toContain('mailops_greylist_decisions_total{action="defer",reason="early"} 7')
  expect(text).toContain('mailops_greylist_connections_total 5')
  expect(text).toContain('mailops_greylist_entries{state="passed"} 3')
  const buckets = [...text.matchAll(/bucket\{le="[^"]+"\} (\d+)/g)].map(([, n]) => Number(n))
  expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
  expect(buckets.at(-1)).toBe(4)
  const types = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
  for (const [, name = ''] of text.matchAll(/^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{.*\})? \d+$/gm)) expect(types.has(name), name).toBe(true)
})

test('statistics fit 80 columns', () => {
  const statistics = statisticsOf({counts, size: {pending: 2, passed: 3}, top: [{network: '2001:db8:1111:2222::/64', pending: 2, tries: 9}]})
  expect(statistics).toMatchObject({passed: 93, deferred: 7, neverRetried: 0.2})
  const lines = statisticsLines(statistics, 80)
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
  expect(lines.join('\n')).toContain('longer')
})

test('the report names what never came back first', () => {
  const gathered = gatherer()
  const entry = {network: '192.0.2.0/24', sender: '', recipient: '', first: AT, last: AT, passed: 0, tries: 1}
  gathered.entry({...entry, passed: AT + 300_000})
  gathered.entry({...entry, network: 'spf:example.com', passed: AT})
  gathered.entry({...entry, sender: 'a@waits.example', recipient: 'x@y'})
  for (let n = 0; n < 3; n++) gathered.lost({...entry, sender: `n${n}@lost.example`, recipient: 'x@y'})
  const learned = gathered.learned()
  expect(learned).toMatchObject({passed: 1, waiting: 1, lost: 3})
  const lines = learnedLines(learned, {learning: true, limit: 10, width: 80})
  expect(lines[0]).toBe('5 first attempts would have been deferred:')
  expect(lines.find(line => line.includes('.example '))).toMatch(/^lost\.example +3/)
  expect(lines.at(-1)).toContain('mailops greylist allow lost.example --as domain')
})
