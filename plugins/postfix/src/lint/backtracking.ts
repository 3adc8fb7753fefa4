// Patterns that make a backtracking engine try so many ways that PCRE2 gives up, which counts as no match.
import {coveringKeys} from '../automaton/witness.js'
import {hasByte} from '../regex/byte-set.js'
import type {RegexNode} from '../regex/node.js'
import {type Code, compileCode} from '../lookup/code.js'
import {holdsAt} from '../lookup/place.js'


/** MATCH_LIMIT of PCRE2. */
const MATCH_LIMIT = 10_000_000
/** A header line that mail really has. */
const LONG_KEY = 1_000
const STEPS = 300_000
const PUMPED = [12, 24, 48] as const
const CANDIDATES = 12
const SUFFIX_BYTES = 40
/** Ends a key so that what is repeated has to give back. */
const REFUSED = '\x7f'

/**
 * Looks for keys on which the pattern reaches PCRE2's match limit; undefined when none of those tried would. The engine may
 * be spared some of them by what it looks for first.
 */
export const findExplosion = (node: RegexNode): readonly string[] | undefined => {
  const pumps = pumpsOf(node, '').slice(0, CANDIDATES)
  if (pumps.length === 0) return undefined
  const code = compileCode(node, 20_000)
  if (code === undefined) return undefined
  // PCRE2 fails at once without a byte that every match has: here they all are, the wrong way round.
  const backwards = Array.from((coveringKeys(node, 1)[0] ?? '').slice(-SUFFIX_BYTES)).toReversed().join('')
  for (const {prefix, pump} of pumps) {
    const grown = [`${backwards}${REFUSED}`, REFUSED, ''].flatMap(suffix => {
      const long = growth(code, length => prefix + pump.repeat(Math.max(1, Math.round(length / pump.length))) + suffix)
      return long === undefined ? [] : [long]
    })
    if (grown.length > 0) return grown
  }
  return undefined
}

const growth = (code: Code, key: (length: number) => string): string | undefined => {
  let before = 0
  let power = 0
  for (const length of PUMPED) {
    const steps = backtrack(code, key(length), STEPS)
    // So many steps for so short a key.
    if (steps === undefined) return key(LONG_KEY)
    if (before > 0) power = Math.log2(steps / before)
    before = steps
  }
  const [, , last] = PUMPED
  return before * (LONG_KEY / last) ** power > MATCH_LIMIT ? key(LONG_KEY) : undefined
}

interface Pump {
  readonly prefix: string
  readonly pump: string
}

/** Everything that repeats, with a text that leads up to it. */
const pumpsOf = (node: RegexNode, prefix: string): Pump[] => {
  switch (node.kind) {
    case 'cat': {
      const pumps: Pump[] = []
      let lead = prefix
      for (const item of node.items) {
        pumps.push(...pumpsOf(item, lead))
        lead += coveringKeys(item, 1)[0] ?? ''
      }
      return pumps
    }
    case 'alt':
      return node.items.flatMap(item => pumpsOf(item, prefix))
    case 'group':
      return pumpsOf(node.item, prefix)
    case 'repeat': {
      const own = node.max < 10 ? [] : coveringKeys(node.item, 2).filter(Boolean).map(pump => ({prefix, pump}))
      return [...own, ...pumpsOf(node.item, prefix)]
    }
    default:
      return []
  }
}

const EMPTY_ROUNDS = 20

/** How many steps an engine without memory takes until it matches or fails; undefined beyond `limit`. */
const backtrack = (code: Code, key: string, limit: number): number | undefined => {
  let steps = 0
  for (let from = 0; from <= key.length; from++) {
    const ways: {step: number; position: number}[] = [{step: 0, position: from}]
    for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
      const taken = follow(code, {key, way, ways, left: limit - steps})
      if (taken === undefined) return undefined
      steps += taken.steps
      if (taken.matched) return steps
    }
  }
  return steps
}

const follow = (
  code: Code,
  {key, way, ways, left}: {key: string; way: {step: number; position: number}; ways: {step: number; position: number}[]; left: number},
): {steps: number; matched: boolean} | undefined => {
  let {step, position} = way
  let rounds = 0
  for (let steps = 1; ; steps++) {
    if (steps > left) return undefined
    const now = code[step]!
    switch (now.do) {
      case 'byte':
        if (position >= key.length || !hasByte(now.set, key.charCodeAt(position))) return {steps, matched: false}
        position++
        step++
        rounds = 0
        break
      case 'assert':
        if (!holdsAt(now.at, key, position)) return {steps, matched: false}
        step++
        break
      case 'save':
        step++
        break
      case 'fork':
        ways.push({step: now.second, position})
        step = now.first
        break
      case 'jump':
        // A round that takes nothing ends the repetition in PCRE2 as well.
        if (now.to < step && ++rounds > EMPTY_ROUNDS) return {steps, matched: false}
        step = now.to
        break
      case 'match':
        return {steps, matched: true}
    }
  }
}
