// Decides for one group of rules what is written instead, and whether that is better.
import type {Engine, PatternUse} from '../../table/pattern-use.js'
import type {Candidate, KeptReason} from '../plan/candidate.js'
import {expand} from '../words/expand.js'
import {toldBy} from '../words/relative.js'
import type {Symbols, Word} from '../words/symbols.js'
import {isDoubtful} from '../doubt.js'
import {coldCost, coldCostOfAll, readBack} from './cost.js'
import {partition} from './partition.js'
import {readableWords} from './readable.js'
import {withoutSubsumed} from './subsume.js'
import {type WriteContext, type Written, writeWords} from './write.js'

export type Goal = 'balanced' | 'memory' | 'speed' | 'readable'

/** Rules that become other rules, all of one answer. */
export interface Merge {
  readonly members: readonly Candidate[]
  readonly written: readonly Written[]
}

export interface Decision {
  readonly merges: readonly Merge[]
  /** Of the members that stay as they are. */
  readonly kept: ReadonlyMap<number, KeptReason>
}

export interface DecideContext {
  readonly engine: Engine
  readonly symbols: Symbols
  readonly goal: Goal
  readonly stop: () => boolean
}

/** `members` are of one answer and one folding of case. */
export const decide = (members: readonly Candidate[], context: DecideContext): Decision => {
  const {symbols, engine, stop} = context
  const nothing = (): Decision => ({merges: [], kept: new Map(members.map(({entry}) => [entry, 'no-gain']))})
  if (stop()) return nothing()
  const words = withoutSubsumed(members.flatMap(member => member.words), symbols)
  const parts = partition(words, {engine, symbols})
  if (stop()) return nothing()
  const merges: Merge[] = []
  const kept = new Map<number, KeptReason>()
  for (const {mine, parts: connected} of connect(members, parts)) {
    const merge = context.stop() ? undefined : write(mine, connected, context)
    if (merge === undefined) for (const {entry} of mine) kept.set(entry, mine.length === 1 ? 'alone' : 'no-gain')
    else merges.push(merge)
  }
  return {merges, kept}
}

interface Connected {
  readonly mine: Candidate[]
  readonly parts: Word[][]
}

/** Rules that share a part, with all their parts: they can only be replaced together. */
const connect = (members: readonly Candidate[], parts: readonly Word[][]): Connected[] => {
  const partOf = new Map<Word, number>()
  for (const [number, part] of parts.entries()) for (const word of part) partOf.set(word, number)
  const root = parts.map((_, number) => number)
  const find = (number: number): number => {
    let at = number
    while (root[at] !== at) at = root[at]!
    return at
  }
  const homes = members.map(({words}) => {
    const mine = [...new Set(words.map(word => partOf.get(word) ?? holder(word, partOf)))]
    for (const part of mine.slice(1)) root[find(part)] = find(mine[0]!)
    return mine[0]!
  })
  const connected = new Map<number, Connected>()
  const at = (number: number): Connected => {
    const known = connected.get(number) ?? {mine: [], parts: []}
    connected.set(number, known)
    return known
  }
  for (const [n, home] of homes.entries()) at(find(home)).mine.push(members[n]!)
  for (const [number, part] of parts.entries()) at(find(number)).parts.push(part)
  return [...connected.values()]
}

/** The part of the word that stands within this one: withoutSubsumed left it out for that. */
const holder = (word: Word, partOf: ReadonlyMap<Word, number>): number => {
  for (const [other, part] of partOf) if (word.includes(other)) return part
  return 0
}

const write = (mine: readonly Candidate[], parts: readonly Word[][], context: DecideContext): Merge | undefined => {
  const {engine, symbols, goal} = context
  const writing: WriteContext = {engine, symbols, icase: mine[0]!.icase, stop: context.stop}
  const written: Written[] = []
  for (const part of goal === 'readable' ? parts.flatMap(readableWords) : parts) {
    const some = writeWords(part, writing)
    if (some === undefined) return undefined
    written.push(...some)
  }
  const uses = written.map(one => readBack(one, engine))
  if (uses.some((use, n) => use === undefined || isDoubtful(use) || !saysThe(written[n]!.words, use, symbols))) return undefined
  return pays(mine, uses as PatternUse[], context) ? {members: mine, written} : undefined
}

/** True when the pattern, read back, is exactly the words. */
const saysThe = (words: readonly Word[], use: PatternUse, symbols: Symbols): boolean => {
  if (use.parsed.kind !== 'regular') return false
  const read = expand(use.parsed.node, symbols)
  if (read === undefined) return false
  const wanted = new Set(words)
  const told = toldBy(read, wanted, symbols)
  return told !== undefined && told.size === wanted.size
}

/** Of a pattern that only changes its form it is asked that it is clearly smaller. */
const CLEARLY = 0.9

const pays = (mine: readonly Candidate[], after: readonly PatternUse[], {goal, stop}: DecideContext): boolean => {
  if (after.length > mine.length) return false
  const before = mine.map(({rule}) => rule.pattern)
  if (after.length === mine.length && after.every((use, n) => use.text === before[n]!.text)) return false
  const fewer = after.length < mine.length
  if (goal === 'readable') return fewer
  const limit = coldCostOfAll(before, stop) * (fewer ? 1 : CLEARLY)
  // What was reckoned after time was up is no reason for anything.
  return after.reduce((sum, use) => sum + (stop() ? 0 : coldCost(use, stop)), 0) < limit && !stop()
}
