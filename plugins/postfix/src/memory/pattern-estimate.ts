// What one pattern of a table costs a process that has the table open.
import {singleSet} from '../regex/byte-set.js'
import {bytes, cat, type RegexNode} from '../regex/node.js'
import type {PatternUse} from '../table/pattern-use.js'
import {COMPILE_LIMITS, type CompileLimits, CompiledPattern} from './glibc/compiled.js'
import {TooBigError} from './glibc/nodes.js'
import {mymallocBytes} from './heap.js'
import {pcreEstimate} from './pcre/estimate.js'
import {workingKeys} from './working-keys.js'

/** Heap bytes of one pattern in one process. */
export interface PatternEstimate {
  /** After the table is loaded and one key was looked up that nothing answers. */
  readonly cold: number
  /** After the keys that go through all of the pattern. */
  readonly warm: number
  /** False where the pattern is not analysed (opaque, or beyond the limits): a guess from its length, rather too low. */
  readonly exact: boolean
}

export interface PatternRole {
  /** The rule uses $n, or it is an if: glibc then keeps the groups. */
  readonly captures: boolean
  /** False for an if, where the groups are kept but never asked for. */
  readonly asksGroups?: boolean
  /** Some guard keeps keys from it: PCRE2 then takes its working memory only when a key passes. */
  readonly guarded?: boolean
  /** Keys to walk through instead of those that the pattern itself suggests. */
  readonly keys?: readonly string[]
}

/** regex_t, which Postfix takes from its own allocator. */
const REGEX_BYTES = 64

/** Estimates a pattern as Postfix compiles it: glibc 2.36 on 64-bit machines, PCRE2 10.41 and newer without JIT. */
export const estimatePattern = (use: PatternUse, role: PatternRole, limits: CompileLimits = COMPILE_LIMITS): PatternEstimate => {
  const {parsed, text, dialect} = use
  const tree = parsed.kind === 'regular' ? parsed.node : literal(text)
  const groups = parsed.kind === 'invalid' ? 0 : parsed.groups
  const exact = parsed.kind === 'regular'
  if (dialect.engine === 'pcre') return {...pcreEstimate(tree, {groups, guarded: role.guarded === true}), exact}
  const options = {patternBytes: text.length, groups, captures: role.captures, asksGroups: role.asksGroups ?? role.captures, newline: dialect.newline}
  return {...glibcEstimate(tree, options, {keys: role.keys, limits}), ...(!exact && {exact})}
}

const glibcEstimate = (
  tree: RegexNode,
  options: ConstructorParameters<typeof CompiledPattern>[1],
  {keys, limits}: {keys: readonly string[] | undefined; limits: CompileLimits},
): PatternEstimate => {
  let cold = 0
  try {
    const compiled = new CompiledPattern(tree, options, limits)
    cold = compiled.coldBytes + mymallocBytes(REGEX_BYTES)
    for (const key of keys ?? workingKeys(tree)) compiled.match(key)
    return {cold, warm: compiled.bytes + mymallocBytes(REGEX_BYTES), exact: true}
  } catch (error) {
    // Too big to be followed: its nodes or closures alone are beyond the limits. What they take at the limit is told.
    if (!(error instanceof TooBigError)) throw error
    const least = cold === 0 ? Math.max(limits.members * 4, options.patternBytes * BYTES_A_CHARACTER) : cold
    return {cold: least, warm: Math.max(least, limits.states * BYTES_A_STATE), exact: false}
  }
}

const BYTES_A_CHARACTER = 170
const BYTES_A_STATE = 2_250

/** Stands for a pattern that only the engine can read: one byte after another. */
const literal = (text: string): RegexNode =>
  cat(Array.from(text, char => bytes(singleSet(char.charCodeAt(0) & 0xff))))
