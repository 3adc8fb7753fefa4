// What doctor says of greylisting.
import {expect, test} from 'vitest'

import {greylistFindings, type GreylistFacts} from '../src/doctor/findings.js'

const FACTS: GreylistFacts = {filter: {path: '/x/mailops-greylist', form: 'C', version: '0.1.0'}, hasCompiler: true, socket: '/run/s.sock', daemon: 'absent', inside: null, unchecked: null, providers: {date: '2026-09-01', days: 80, isBundled: false}, hasSqlite: true}
const codes = (facts: Partial<GreylistFacts>) => greylistFindings({...FACTS, ...facts}).map(({code, severity}) => `${code} ${severity}`)

test.each([
  [{}, ['GREYLIST_FILTER ok']],
  [{filter: {path: '/x', form: 'Perl', version: '0.1.0'}}, ['GREYLIST_FILTER note']],
  [{filter: {path: '/x', form: 'Perl', version: '0.1.0'}, hasCompiler: false}, ['GREYLIST_FILTER ok']],
  [{filter: null}, ['GREYLIST_NO_FILTER note']],
  [{hasSqlite: false}, ['GREYLIST_FILTER ok', 'SQLITE_MISSING note']],
  [{daemon: 'answers' as const}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok']],
  [{daemon: 'answers' as const, inside: {trouble: null, learningUntil: null, isLearning: false}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok']],
  [{daemon: 'answers' as const, inside: {trouble: 'no room for the store: /x', learningUntil: null, isLearning: true}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok', 'GREYLIST_STORE problem']],
  [{daemon: 'answers' as const, inside: {trouble: null, learningUntil: '2026-11-23T09:22:13.257Z', isLearning: false}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok', 'GREYLIST_STORE_LOST problem']],
  [{daemon: 'answers' as const, inside: {trouble: null, learningUntil: null, isLearning: true}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok', 'GREYLIST_LEARNING note']],
  [{daemon: 'silent' as const}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON_SILENT problem']],
  [{daemon: 'gone' as const, unchecked: {count: 40, secondsAgo: 3}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON_GONE problem', 'GREYLIST_UNCHECKED problem']],
  [{daemon: 'answers' as const, unchecked: {count: 40, secondsAgo: 3000}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok', 'GREYLIST_UNCHECKED note']],
  [{daemon: 'answers' as const, unchecked: {count: 0, secondsAgo: 3}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok']],
  [{daemon: 'answers' as const, providers: {date: '2026-01-01', days: 181, isBundled: false}}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok', 'GREYLIST_PROVIDERS_OLD note']],
  [{daemon: 'answers' as const, providers: null}, ['GREYLIST_FILTER ok', 'GREYLIST_DAEMON ok']],
  [{providers: {date: '2025-01-15', days: 676, isBundled: true}}, ['GREYLIST_FILTER ok']],
])('%j', (facts, expected) => {
  expect(codes(facts)).toEqual(expected)
})
