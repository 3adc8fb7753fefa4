// Answers a key as the table would, rule by rule like dict_regexp_lookup, and says why.
import type {If, Rule, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'
import {capturesCertain, Matcher} from './match.js'

/** A guard that the key passed on the way to the rule. */
export interface PassedGuard {
  readonly line: number
  readonly negated: boolean
}

export type Answer =
  /** The rule at `line` answers `result`; `captures[n]` is `$n`, where the rule uses groups. */
  | {
      readonly kind: 'answer'
      readonly entry: number
      readonly line: number
      readonly result: string
      readonly captures: readonly (string | undefined)[]
      readonly guards: readonly PassedGuard[]
    }
  /** This rule answers, but what its groups capture is only known to the engine. */
  | {
      readonly kind: 'captures-unknown'
      readonly entry: number
      readonly line: number
      readonly guards: readonly PassedGuard[]
    }
  /** Whether the pattern at `line` matches is only known to the engine; the rules before it do not answer. */
  | {readonly kind: 'unknown'; readonly entry: number; readonly line: number}
  /** No rule answers. `hiddenBy` is the line of an if without endif that the key fails. */
  | {readonly kind: 'none'; readonly hiddenBy?: number}

/** Looks keys up in one table; patterns are prepared once. */
export class TableLookup {
  private readonly table: Table
  private readonly matchers = new Map<PatternUse, Matcher>()

  constructor(table: Table) {
    this.table = table
  }

  /** Answers a key (latin1 text, one char a byte). The key is taken as it is: who folds it does so before. */
  lookup(key: string): Answer {
    const guards: PassedGuard[] = []
    const {entries} = this.table
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at]!
      if (entry.kind === 'if') {
        const jump = this.enter(entry, at, key)
        if (typeof jump !== 'number') return jump
        if (jump === at) guards.push({line: entry.line, negated: entry.pattern.negated})
        at = jump
      } else if (entry.kind === 'endif') guards.pop()
      else if (entry.kind === 'rule') {
        const answer = this.tryRule(entry, at, {key, guards})
        if (answer !== undefined) return answer
      }
    }
    return {kind: 'none'}
  }

  /** The entry to go on behind: the if itself, or its endif; an answer where the search ends here. */
  private enter(entry: If, at: number, key: string): number | Answer {
    const passed = this.passes(entry.pattern, key)
    if (passed === 'unknown') return {kind: 'unknown', entry: at, line: entry.line}
    if (passed) return at
    return entry.endif ?? {kind: 'none', hiddenBy: entry.line}
  }

  private tryRule(
    rule: Rule,
    entry: number,
    {key, guards}: {key: string; guards: readonly PassedGuard[]},
  ): Answer | undefined {
    for (const use of [rule.pattern, ...(rule.second === undefined ? [] : [rule.second])]) {
      const passed = this.passes(use, key)
      if (passed === 'unknown') return {kind: 'unknown', entry, line: rule.line}
      if (!passed) return undefined
    }
    const where = {entry, line: rule.line, guards: [...guards]}
    const {result, pattern} = rule
    if (result.kind === 'text') return {kind: 'answer', ...where, result: result.text, captures: []}
    const {parsed} = pattern
    if (parsed.kind !== 'regular' || !capturesCertain(parsed.node)) return {kind: 'captures-unknown', ...where}
    const match = this.matcher(pattern)?.match(key)
    if (match === undefined || match === 'too-big') return {kind: 'captures-unknown', ...where}
    const parts = result.parts.map(part => (typeof part === 'number' ? (match.captures[part] ?? '') : part))
    return {kind: 'answer', ...where, result: parts.join(''), captures: match.captures}
  }

  private passes(use: PatternUse, key: string): boolean | 'unknown' {
    const match = this.matcher(use)?.match(key)
    if (match === 'too-big' || use.parsed.kind !== 'regular') return 'unknown'
    return (match !== undefined) !== use.negated
  }

  private matcher(use: PatternUse): Matcher | undefined {
    const known = this.matchers.get(use)
    if (known !== undefined || use.parsed.kind !== 'regular') return known
    const matcher = new Matcher(use.parsed.node, use.dialect.engine)
    this.matchers.set(use, matcher)
    return matcher
  }
}
