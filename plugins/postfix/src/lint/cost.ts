// Patterns that cost out of proportion: states without end in regexp:, backtracking and code size in pcre:.
import {bytesText, countText} from 'mailops/core'

import {COMPILE_LIMITS, CompiledPattern} from '../memory/glibc/compiled.js'
import {TooBigError} from '../memory/glibc/nodes.js'
import {estimatePattern} from '../memory/pattern-estimate.js'
import {PCRE_CODE_MAX, pcreCodeBytes} from '../memory/pcre/estimate.js'
import {members} from '../regex/byte-set.js'
import {children, type RegexNode, someNode} from '../regex/node.js'
import {repeatedPlaces} from '../rewrite/doubt.js'
import type {PatternUse} from '../table/pattern-use.js'
import {findExplosion} from './backtracking.js'
import type {Trap} from './traps.js'

/** A pattern of regexp: that takes more than this cold is oversized. */
const OVERSIZED_BYTES = 256 * 1024
const MANY_STATES = 1_000
const STATE_LIMIT = 20_000
const KEY_BYTES = 2_000

/** A trap, and for backtracking the keys that may show it, to be tried on the real engine. */
export interface CostTrap {
  readonly trap: Trap
  readonly keys?: readonly string[]
}

export interface CostOptions {
  /** As for estimatePattern. */
  readonly captures: boolean
  /** True when time is up: the pattern is then not followed. */
  readonly stop?: (() => boolean) | undefined
}

/** Looks at one pattern. */
export const costTraps = (use: PatternUse, options: CostOptions): CostTrap[] => {
  const {parsed, dialect} = use
  if (parsed.kind === 'opaque' && parsed.reason === 'too-big')
    return [{trap: ['oversized-pattern', {message: `its ${bytesText(use.text.length)} nest or repeat too deep to be looked into`}]}]
  if (parsed.kind !== 'regular') return []
  return dialect.engine === 'pcre' ? pcreTraps(parsed.node) : regexpTraps(use, options)
}

const pcreTraps = (node: RegexNode): CostTrap[] => {
  const code = pcreCodeBytes(node)
  const size: CostTrap[] = code <= PCRE_CODE_MAX
    ? []
    : [oversized(node, `compiles to ${bytesText(code)}, and PCRE2 takes at most 64 kB: Postfix skips the rule`, 'write it as several rules')]
  const explosion = someNode(node, isOpenEnded) ? findExplosion(node) : undefined
  return explosion === undefined ? size : [...size, backtracking(explosion)]
}

const MANY_PLACES = 1_000

/** What is repeated a thousand times is written shorter by nobody; `hint` is for words side by side. */
const oversized = (node: RegexNode, message: string, hint: string): CostTrap => ({
  trap: ['oversized-pattern', {message, hint: repeatedPlaces(node) > MANY_PLACES ? 'let it repeat less often: an address has at most 320 characters' : hint}],
})

const backtracking = (keys: readonly string[]): CostTrap => ({
  keys,
  trap: [
    'catastrophic-backtracking',
    {
      message:
        `a key of ${countText(keys[0]!.length)} bytes makes PCRE2 give up (match limit), and the rule then does not match: ` +
        'repetitions that can take the same bytes multiply the ways it has to try',
      hint: 'let only one repetition take each byte, as in [^@]*@ for .*@',
    },
  ],
})

const isOpenEnded = (node: RegexNode): boolean => node.kind === 'repeat' && node.max >= 10

const regexpTraps = (use: PatternUse, {captures, stop}: CostOptions): CostTrap[] => {
  const {parsed, dialect, text} = use
  if (parsed.kind !== 'regular' || dialect.engine !== 'regexp') return []
  if (stop?.() === true) return []
  const {cold, exact} = estimatePattern(use, {captures, keys: []}, {...COMPILE_LIMITS, stop})
  // What was guessed because time ran out is no finding.
  if (stop?.() === true) return []
  const size: CostTrap[] = cold <= OVERSIZED_BYTES
    ? []
    : [oversized(parsed.node, `takes ${exact ? '' : 'more than '}${bytesText(cold)} in every process${wideHint(parsed.node)}`, 'mailops postfix optimize-regexp')]
  const states = someNode(parsed.node, isOpenEnded) ? statesOf(parsed.node, {text, groups: parsed.groups, captures, newline: dialect.newline, stop}) : undefined
  return states === undefined ? size : [...size, {trap: states}]
}

const wideHint = (node: RegexNode): string => {
  const widest = widestAlternation(node)
  return widest > 100 ? `: ${countText(widest)} alternatives side by side cost with their square` : ''
}

const widestAlternation = (node: RegexNode): number =>
  children(node).reduce((most, child) => Math.max(most, widestAlternation(child)), node.kind === 'alt' ? node.items.length : 0)

const statesOf = (
  node: RegexNode,
  {text, groups, captures, newline, stop}: CostOptions & {text: string; groups: number; newline: boolean},
): Trap | undefined => {
  let bytes = 0
  let count = 0
  try {
    const compiled = new CompiledPattern(
      node,
      {patternBytes: text.length, groups, captures, newline},
      {nodes: 50_000, members: 2_000_000, states: STATE_LIMIT, stop},
    )
    for (const key of longKeys(node)) {
      compiled.match(key)
      bytes = compiled.bytes - compiled.coldBytes
      count = compiled.stateCount
    }
  } catch (error) {
    if (!(error instanceof TooBigError)) throw error
    if (stop?.() === true) return undefined
    // More states than we follow: that is the answer.
    count = Math.max(count, STATE_LIMIT)
    bytes = Math.max(bytes, STATE_LIMIT * 2_250)
  }
  if (count < MANY_STATES) return undefined
  return [
    'state-explosion',
    {
      message: `one key of ${countText(KEY_BYTES)} bytes makes ${countText(count)} states, ${bytesText(bytes)} that glibc never gives back`,
      hint: 'bound or anchor what repeats, or write it as a pcre: rule',
    },
  ]
}

/** Long keys of the bytes that the pattern tells apart, the same ones every time. */
const longKeys = (node: RegexNode): string[] => {
  const bytes = [...new Set(bytesOf(node))].slice(0, 8)
  if (bytes.length === 0) return []
  let seed = 1
  const next = (): number => (seed = (seed * 69_069 + 12_345) % 0x1_0000_0000) >>> 16
  const keyOf = (its: readonly number[]): string =>
    Array.from({length: KEY_BYTES}, () => String.fromCharCode(its[next() % its.length]!)).join('')
  // All of them, and fewer: one byte too many may end every way at once.
  const choices = [bytes, bytes.slice(0, -1), bytes.slice(0, 2)].filter(its => its.length > 0)
  return choices.map(keyOf)
}

const bytesOf = (node: RegexNode): number[] =>
  node.kind === 'class' ? (members(node.set).length > 64 ? [] : members(node.set).filter(byte => byte > 0x20).slice(-1)) : children(node).flatMap(bytesOf)
