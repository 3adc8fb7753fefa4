// Turns a ruleset into numbered patterns in one Nfa and rules over their numbers.
import type {RegexNode} from '../regex/node.js'
import {NfaBuilder} from './build.js'
import type {SetNumbers} from './alphabet.js'
import {Nfa, type NfaLimits} from './nfa.js'
import type {Condition, DecisionRule, Language, Ruleset} from './ruleset.js'
import type {Tags} from './tags.js'

export interface Literal {
  /** Pattern number; for an opaque one, its place in `opaque`. */
  readonly pattern: number
  readonly negated: boolean
  readonly opaque: boolean
}

export interface ProgramRule {
  readonly literals: readonly Literal[]
  readonly tag: number
}

export interface Program {
  readonly nfa: Nfa
  readonly wordLooks: boolean
  readonly patterns: number
  /** Nodes to begin with, of all patterns. */
  readonly starts: readonly number[]
  readonly rules: readonly ProgramRule[]
  readonly opaque: readonly string[]
  /** True when rule n is just pattern n, for all n: the machine then needs to look at the lowest pattern only. */
  readonly plain: boolean
}

/** Adjacent rules that differ in their last, positive condition only are one rule over the union. */
interface MergedRule {
  readonly guards: readonly Condition[]
  readonly own: Condition | undefined
  readonly nodes: RegexNode[]
  readonly tag: string
}

export const buildProgram = (
  ruleset: Ruleset,
  {numbers, tags, limits}: {numbers: SetNumbers; tags: Tags; limits: NfaLimits},
): Program => {
  const builder = new NfaBuilder(new Nfa(limits), numbers)
  const patterns = new PatternNumbers(builder)
  const rules = merge(ruleset).map(rule => ({literals: patterns.literals(rule), tag: tags.number(rule.tag)}))
  const plain = rules.every(({literals: [first, ...more]}, at) => {
    return more.length === 0 && first !== undefined && !first.opaque && !first.negated && first.pattern === at
  })
  return {
    nfa: builder.nfa,
    wordLooks: builder.wordLooks,
    patterns: patterns.count,
    starts: patterns.starts,
    rules,
    opaque: patterns.opaque,
    plain,
  }
}

const merge = (ruleset: Ruleset): MergedRule[] => {
  const merged: MergedRule[] = []
  for (const rule of ruleset) {
    const last = merged.at(-1)
    const node = ownNode(rule)
    if (
      node !== undefined &&
      last !== undefined &&
      last.nodes.length > 0 &&
      last.tag === rule.tag &&
      sameGuards(last, rule)
    ) {
      last.nodes.push(node)
      continue
    }
    const guards = rule.conditions.slice(0, -1)
    merged.push({guards, own: rule.conditions.at(-1), nodes: node === undefined ? [] : [node], tag: rule.tag})
  }
  return merged
}

const ownNode = ({conditions}: DecisionRule): RegexNode | undefined => {
  const own = conditions.at(-1)
  return own !== undefined && !own.negated && own.language.kind === 'regular' ? own.language.node : undefined
}

const sameGuards = ({guards}: MergedRule, {conditions}: DecisionRule): boolean =>
  guards.length === conditions.length - 1 &&
  guards.every((guard, at) => guard.language === conditions[at]!.language && guard.negated === conditions[at]!.negated)

class PatternNumbers {
  count = 0
  readonly starts: number[] = []
  readonly opaque: string[] = []
  private readonly builder: NfaBuilder
  private readonly known = new Map<Language, number>()

  constructor(builder: NfaBuilder) {
    this.builder = builder
  }

  literals({guards, own, nodes}: MergedRule): Literal[] {
    const literals = guards.map(guard => this.literal(guard))
    if (nodes.length > 1) literals.push({pattern: this.add(nodes), negated: false, opaque: false})
    else if (own !== undefined) literals.push(this.literal(own))
    return literals
  }

  private literal({language, negated}: Condition): Literal {
    if (language.kind === 'opaque') return {pattern: this.opaqueNumber(language.key), negated, opaque: true}
    let pattern = this.known.get(language)
    if (pattern === undefined) {
      pattern = this.add([language.node])
      this.known.set(language, pattern)
    }
    return {pattern, negated, opaque: false}
  }

  private add(nodes: readonly RegexNode[]): number {
    for (const start of this.builder.addPattern(nodes)) this.starts.push(start)
    return this.count++
  }

  private opaqueNumber(key: string): number {
    const at = this.opaque.indexOf(key)
    return at < 0 ? this.opaque.push(key) - 1 : at
  }
}
