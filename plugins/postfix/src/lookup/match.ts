// Matches one tree against one key, with the groups as the engine would capture them.
import {hasByte} from '../regex/byte-set.js'
import {nullable, type RegexNode, someNode} from '../regex/node.js'
import type {Engine} from '../table/pattern-use.js'
import {type Code, compileCode} from './code.js'
import {holdsAt} from './place.js'

/** Group n from captures[n]; group 0 is the whole match. Undefined: the group took no part. */
export interface Match {
  readonly captures: readonly (string | undefined)[]
}

interface Walk {
  readonly code: Code
  readonly key: string
  /** Places tried without success, as step * (key length + 1) + position: they fail whatever came before. */
  readonly failed: Set<number>
  /** The only end that counts; -1 for any. */
  readonly end: number
  /** The furthest end seen. */
  furthest: number
}

/**
 * Does the tree match somewhere in the key (latin1 text)? The answer of one engine for its pattern, captures of the
 * leftmost match included: of PCRE2 the first that backtracking finds, of glibc the first among those that end last
 * (regexec.c set_regs walks the states that reach the longest match). Undefined when it does not match.
 */
export class Matcher {
  private readonly node: RegexNode
  private readonly engine: Engine
  private compiled: Code | undefined

  constructor(node: RegexNode, engine: Engine) {
    this.node = node
    this.engine = engine
  }

  /** 'too-big' when the tree, its repetitions written out, is beyond the matcher. */
  match(key: string): Match | 'too-big' | undefined {
    this.compiled ??= compileCode(this.node)
    if (this.compiled === undefined) return 'too-big'
    const walk: Walk = {code: this.compiled, key, failed: new Set(), end: -1, furthest: -1}
    for (let from = 0; from <= key.length; from++) {
      const slots = run(walk, from)
      if (slots === undefined) continue
      if (this.engine === 'pcre') return capture(key, slots)
      const longest = {...walk, end: longestEnd(walk, from), failed: new Set<number>()}
      return capture(key, run(longest, from)!)
    }
    return undefined
  }
}

const capture = (key: string, slots: readonly number[]): Match => {
  const captures: (string | undefined)[] = []
  for (let group = 0; 2 * group < slots.length; group++) {
    const [start, end] = [slots[2 * group], slots[2 * group + 1]]
    captures[group] = start === undefined || end === undefined ? undefined : key.slice(start, end)
  }
  return {captures}
}

/** One way not yet tried: where to go on, and the slots as they were. */
type Way = {step: number; position: number; slots: readonly number[]}

/** Returns the slots of the first match from `from` on in the order of trying, undefined when there is none. */
const run = (walk: Walk, from: number): readonly number[] | undefined => {
  const ways: Way[] = [{step: 0, position: from, slots: []}]
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const slots = follow(walk, way, ways)
    if (slots !== undefined) {
      const whole = [...slots]
      whole[0] = from
      return whole
    }
  }
  return undefined
}

const follow = (walk: Walk, way: Way, ways: Way[]): number[] | undefined => {
  const {code, key, failed, end} = walk
  let {step, position, slots} = way
  for (;;) {
    const place = step * (key.length + 1) + position
    if (failed.has(place)) return undefined
    failed.add(place)
    const now = code[step]!
    switch (now.do) {
      case 'byte':
        if (position >= key.length || !hasByte(now.set, key.charCodeAt(position))) return undefined
        position++
        step++
        break
      case 'assert':
        if (!holdsAt(now.at, key, position)) return undefined
        step++
        break
      case 'save':
        slots = slots.slice()
        ;(slots as number[])[now.slot] = position
        step++
        break
      case 'fork':
        ways.push({step: now.second, position, slots})
        step = now.first
        break
      case 'jump':
        step = now.to
        break
      case 'match':
        walk.furthest = Math.max(walk.furthest, position)
        if (end >= 0 && position !== end) return undefined
        return Object.assign(slots.slice(), {1: position})
    }
  }
}

/** Where the longest match from `from` on ends; there is one. */
const longestEnd = ({code, key}: Walk, from: number): number => {
  // No end is beyond the key, so all ways are gone through.
  const walk: Walk = {code, key, failed: new Set(), end: key.length + 1, furthest: -1}
  run(walk, from)
  return walk.furthest
}

/**
 * True when the captures of Matcher are the engine's for sure. Not so where a repetition goes round over a group that
 * can be empty: what the last, empty round leaves behind differs between and within the engines.
 */
export const capturesCertain = (node: RegexNode): boolean =>
  !someNode(
    node,
    inner =>
      inner.kind === 'repeat' &&
      inner.max > 1 &&
      nullable(inner.item) &&
      someNode(inner.item, deeper => deeper.kind === 'group'),
  )
