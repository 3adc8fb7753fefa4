// Checks one step of rewriting rule by rule: what was joined says the same, what was moved past shares no key with it.
import type {Entry, If, Rule, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'
import {writeResult} from '../table/result.js'
import {Disjointness} from '../rewrite/plan/disjoint.js'
import {ruleEntries, type Step} from '../rewrite/optimize.js'
import {toldBy} from '../rewrite/words/relative.js'
import {Symbols, type Word} from '../rewrite/words/symbols.js'
import {RuleWords} from './rule-words.js'
import {neverAnswers} from './never-answers.js'

/** `entries` of the step's old table are those whose rewriting is not shown to be right. */
export type Certificate =
  | {readonly verdict: 'proven'}
  | {readonly verdict: 'not-proven'; readonly why: string; readonly entries: readonly number[]}

/** Looks at both tables as they are read, not at how the new one was made. */
export const certify = (step: Step, stop: () => boolean): Certificate => new Certifier(step, stop).check()

class NotProven extends Error {
  readonly entries: readonly number[]

  constructor(why: string, entries: readonly number[]) {
    super(why)
    this.entries = entries
  }
}

class Certifier {
  private readonly before: Table
  private readonly after: Table
  readonly stop: () => boolean
  private readonly symbols = new Symbols()
  readonly words = new RuleWords(this.symbols)
  private readonly newRules: readonly number[]
  /** For each rule of the old table the places, among the rules of the new one, of those that stand for it. */
  private readonly standIns = new Map<number, number[]>()
  private readonly origins: Step['origins']
  /** Who is said to answer the keys of rules that are gone: a hint only, which is checked. */
  private readonly takenBy: ReadonlyMap<number, readonly number[]>
  /** What each joined rule of the new table says, in words of the old. */
  private readonly told = new Map<number, ReadonlySet<Word>>()

  constructor({before, after, origins, rewrites}: Step, stop: () => boolean) {
    this.before = before
    this.after = after
    this.stop = stop
    this.origins = origins
    this.takenBy = new Map(rewrites.flatMap(({entries, by}) => entries.map(entry => [entry, by ?? []] as const)))
    this.newRules = ruleEntries(after)
    for (const [place, entries] of origins.entries())
      for (const entry of entries) this.standIns.set(entry, [...(this.standIns.get(entry) ?? []), place])
  }

  check(): Certificate {
    try {
      if (this.newRules.length !== this.origins.length) throw new NotProven('other rules than planned are read', [])
      this.sameGuards()
      for (const place of this.newRules.keys()) this.saysNoMore(place)
      for (const entry of ruleEntries(this.before)) this.saysNoLess(entry)
      this.orderKept()
      return {verdict: 'proven'}
    } catch (error) {
      // The first thing that cannot be shown ends the check; anything else is a bug.
      if (!(error instanceof NotProven)) throw error
      return {verdict: 'not-proven', why: error.message, entries: error.entries}
    }
  }

  /** The ifs of the old table, in order and closed or not as before; those that are new are looked at rule by rule. */
  private sameGuards(): void {
    const olds = this.before.entries.filter(entry => entry.kind === 'if')
    const news = this.after.entries.filter(entry => entry.kind === 'if')
    let at = 0
    for (const entry of news) if (at < olds.length && sameIf(entry, olds[at]!)) at++
    if (at < olds.length) throw new NotProven('an if is not there any more', [])
  }

  private oldRule(entry: number): Rule {
    return this.before.entries[entry] as Rule
  }

  private newRule(place: number): Rule {
    return this.after.entries[this.newRules[place]!] as Rule
  }

  private saysNoMore(place: number): void {
    const rule = this.newRule(place)
    const entries = this.origins[place]!
    const olds = entries.map(entry => this.oldRule(entry))
    if (olds.length === 0) throw new NotProven('a rule stands for none', [])
    for (const old of olds)
      if (answerOf(rule) !== answerOf(old)) throw new NotProven('a rule answers something else', entries)
    this.guardsAgree(rule, entries)
    if (olds.length === 1 && sameRule(rule, olds[0]!)) return
    const all = new Set(olds.flatMap(old => this.wordsOf(old, entries)))
    const told = toldBy(this.wordsOf(rule, entries), all, this.symbols)
    if (told === undefined) throw new NotProven('a joined rule matches more than its parts', entries)
    this.told.set(place, told)
  }

  /** The guards of the rules it stands for, and perhaps more that none of its keys fails. */
  private guardsAgree(rule: Rule, entries: readonly number[]): void {
    const news = rule.guards.map(guard => this.after.entries[guard] as If)
    for (const entry of entries) {
      const olds = this.oldRule(entry).guards.map(guard => this.before.entries[guard] as If)
      let at = 0
      for (const guard of news)
        if (at < olds.length && sameIf(guard, olds[at]!)) at++
        else if (!this.implied(rule, guard)) throw new NotProven('a guard keeps keys from a rule', entries)
      if (at < olds.length) throw new NotProven('a rule has lost a guard', entries)
    }
  }

  private implied(rule: Rule, guard: If): boolean {
    if (guard.pattern.negated || rule.pattern.negated || guard.endif === undefined) return false
    const wanted = this.words.of(guard.pattern)
    const words = this.words.of(rule.pattern)
    return words?.every(word => wanted?.some(inner => word.includes(inner)) === true) === true
  }

  private wordsOf(rule: Rule, entries: readonly number[]): readonly string[] {
    const words = rule.second === undefined && !rule.pattern.negated ? this.words.of(rule.pattern) : undefined
    if (words === undefined) throw new NotProven('a joined rule cannot be taken apart', entries)
    return words
  }

  private saysNoLess(entry: number): void {
    const rule = this.oldRule(entry)
    const places = this.standIns.get(entry)
    if (places === undefined) {
      if (!neverAnswers(this.before, {entry, by: this.takenBy.get(entry) ?? []}, this))
        throw new NotProven('a removed rule may answer', [entry])
      return
    }
    if (places.length === 1 && sameRule(rule, this.newRule(places[0]!))) return
    const joined = places.map(place => this.told.get(place) ?? new Set(this.wordsOf(this.newRule(place), [entry])))
    for (const word of this.wordsOf(rule, [entry])) {
      if (joined.some(set => set.has(word)) || joined.some(set => holdsOne(set, word))) continue
      throw new NotProven('a joined rule matches less than its parts', [entry])
    }
  }

  /** No rule has come before one that stood above it, unless they answer the same or share no key. */
  private orderKept(): void {
    const disjoint = new Disjointness(this.symbols, this.stop)
    const above = new Map<string, {entry: number; last: number}[]>()
    let lastOfAll = -1
    for (const entry of ruleEntries(this.before)) {
      const places = this.standIns.get(entry)
      if (places === undefined) continue
      const rule = this.oldRule(entry)
      const answer = answerOf(rule)
      const sided = {rule, words: this.words.of(rule.pattern)}
      if (places[0]! < lastOfAll)
        for (const [other, list] of above)
          for (const passed of other === answer ? [] : list) {
            if (passed.last < places[0]!) continue
            const old = this.oldRule(passed.entry)
            if (!disjoint.proves(sided, {rule: old, words: this.words.of(old.pattern)}))
              throw new NotProven('a rule has moved past another that may match the same key', [entry])
          }
      const mine = {entry, last: places.at(-1)!}
      lastOfAll = Math.max(lastOfAll, mine.last)
      const list = above.get(answer)
      if (list === undefined) above.set(answer, [mine])
      else list.push(mine)
    }
  }
}

/** True when one of the words stands within another: whatever matches that matches it too. */
const holdsOne = (words: ReadonlySet<Word>, word: Word): boolean => {
  for (const inner of words) if (word.includes(inner)) return true
  return false
}

const samePattern = (a: PatternUse | undefined, b: PatternUse | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.text === b.text && a.negated === b.negated && JSON.stringify(a.dialect) === JSON.stringify(b.dialect)

const sameRule = (a: Rule, b: Rule): boolean => samePattern(a.pattern, b.pattern) && samePattern(a.second, b.second)

const sameIf = (a: Entry & {kind: 'if'}, b: Entry & {kind: 'if'}): boolean =>
  samePattern(a.pattern, b.pattern) && (a.endif === undefined) === (b.endif === undefined)

/** Equal for rules that give every key the same answer. What $n stands for depends on the pattern. */
const answerOf = ({result, pattern}: Rule): string =>
  result.kind === 'text' ? `=${result.text}` : `$${JSON.stringify([pattern.dialect, pattern.text])} ${writeResult(result)}`
