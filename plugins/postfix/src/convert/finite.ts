// All keys that a table answers, where there is an end to them.
import {buildMachines} from '../automaton/machines.js'
import type {Machine} from '../automaton/machine.js'
import {type AutomatonLimits, BudgetError, NO_ANSWER, type Ruleset} from '../automaton/ruleset.js'
import {tableRuleset} from '../automaton/table-ruleset.js'
import type {Rule, Table} from '../table/entry.js'
import type {Refusal} from './refusal.js'

/** A key (latin1 text, lower case) and the entry that answers it. */
export interface AnsweredKey {
  readonly key: string
  readonly entry: number
}

export interface FiniteLimits {
  readonly automaton: AutomatonLimits
  readonly keys: number
}

/** Rules that are looked at each by itself, and how far. */
const FEW_RULES = 200
const FEW_STATES = 5_000

const NEWLINE = 0x0a
/** What stands in an address without quotes (RFC 5321 atext, dot and @). */
const SAFE = /^[a-z0-9!#$%&'*+/=?^_`{|}~.@-]$/

/** Returns every key that the table answers in its lower case form, or why that cannot be told. */
export const answeredKeys = (table: Table, limits: FiniteLimits): {keys: AnsweredKey[]} | {refusal: Refusal} => {
  const opaque = table.entries.find(
    entry =>
      (entry.kind === 'rule' || entry.kind === 'if') &&
      (entry.pattern.parsed.kind === 'opaque' || (entry.kind === 'rule' && entry.second?.parsed.kind === 'opaque')),
  )
  if (opaque !== undefined)
    return refuse('opaque', opaque.line, 'has a pattern that only the engine understands, so that its keys cannot be listed')
  try {
    return new KeyList(table, limits).read()
  } catch (error) {
    // A limit was reached: an answer of its own, not a failure.
    if (!(error instanceof BudgetError)) throw error
    return error.limit === 'stopped' ? outOfTime() : refuse('budget', undefined, `the table needs more than ${error.reached} ${error.limit} to be gone through`)
  }
}

/** The clock said so before all keys were listed. */
export const outOfTime = (): {refusal: Refusal} =>
  refuse('time', undefined, 'listing its keys takes longer than it may', 'a greater --budget, or the map in parts')

const refuse = (code: Refusal['code'], line: number | undefined, message: string, hint?: string): {refusal: Refusal} => ({
  refusal: {code, line, message, ...(hint !== undefined && {hint})},
})

class KeyList {
  private readonly table: Table
  private readonly limits: FiniteLimits
  private readonly machine: Machine
  /** Bytes of each letter, upper case and newline left out: keys are folded, and addresses hold no newline. */
  private readonly bytesOf: readonly (readonly number[])[]
  /** Entry that answers at the end or further on, by state; -1 for states behind which nothing answers. */
  private readonly answer = new Map<number, number>()
  private readonly keys: AnsweredKey[] = []

  constructor(table: Table, limits: FiniteLimits, ruleset: Ruleset = tableRuleset(table, 'entry')) {
    this.table = table
    this.limits = limits
    this.machine = buildMachines([ruleset], limits.automaton)[0]!
    const {letterOf, size} = this.machine.alphabet
    const bytes: number[][] = Array.from({length: size}, () => [])
    for (let byte = 1; byte < 256; byte++) if (byte !== NEWLINE && !isUpper(byte)) bytes[letterOf[byte]!]!.push(byte)
    this.bytesOf = bytes
  }

  read(): {keys: AnsweredKey[]} | {refusal: Refusal} {
    const cased = this.caseSensitive()
    if (cased !== undefined) return cased
    const round = this.firstRound() ?? this.findRound()
    if (round !== undefined) return refuse('infinite', this.lineOf(round), 'answers keys without end, and an indexed table has to list them')
    return this.list()
  }

  /** At the clock; throws when it is time to stop. */
  private look(): void {
    if (this.limits.automaton.stop?.() === true) throw new BudgetError('stopped', this.keys.length)
  }

  private caseSensitive(): {refusal: Refusal} | undefined {
    const {letterOf} = this.machine.alphabet
    for (let byte = 0x41; byte <= 0x5a; byte++) {
      if (letterOf[byte] === letterOf[byte + 32]) continue
      const rule = this.table.entries.find(entry => (entry.kind === 'rule' || entry.kind === 'if') && !foldsCase(entry.pattern.dialect))
      return refuse('case', rule?.line, 'tells upper case from lower case, and indexed tables are asked in lower case')
    }
    return undefined
  }

  private lineOf(entry: number): number | undefined {
    return this.table.entries[entry]?.line
  }

  private ownAnswer(state: number): number {
    const tag = this.machine.tags.name(this.machine.outcome(state))
    return tag === NO_ANSWER ? -1 : Number(tag.slice(1))
  }

  /**
   * The first rule whose own keys have no end, when those of all rules before it have: what they take from it leaves keys
   * without end. Most tables that cannot be listed are known by it without their whole automaton.
   */
  private firstRound(): number | undefined {
    const {table, limits} = this
    const automaton = {...limits.automaton, states: FEW_STATES}
    for (const rule of tableRuleset(table, 'entry').slice(0, FEW_RULES)) {
      // A failed if without endif hides what is below it.
      if (rule.tag === NO_ANSWER) return undefined
      try {
        const round = new KeyList(table, {...limits, automaton}, [rule]).findRound()
        if (round !== undefined) return round
      } catch (error) {
        // Too big for a quick look; the whole one has limits of its own.
        if (!(error instanceof BudgetError)) throw error
        return undefined
      }
    }
    return undefined
  }

  /** Goes through all states once; returns an entry that answers behind a circle of states, undefined when there is none. */
  private findRound(): number | undefined {
    const {machine, answer} = this
    const order: number[] = []
    const before = new Map<number, number[]>()
    const seen = new Set([machine.start])
    const queue = [machine.start]
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      order.push(state)
      for (const next of this.nextStates(state)) {
        const earlier = before.get(next)
        if (earlier === undefined) before.set(next, [state])
        else earlier.push(state)
        if (!seen.has(next)) {
          seen.add(next)
          queue.push(next)
        }
      }
    }
    const live: number[] = []
    for (const state of order) {
      this.look()
      const own = this.ownAnswer(state)
      if (own < 0) continue
      answer.set(state, own)
      live.push(state)
    }
    for (let state = live.pop(); state !== undefined; state = live.pop())
      for (const earlier of before.get(state) ?? [])
        if (!answer.has(earlier)) {
          answer.set(earlier, answer.get(state)!)
          live.push(earlier)
        }
    return this.circle()
  }

  private *nextStates(state: number): Generator<number> {
    const {machine, bytesOf} = this
    const given = new Set<number>()
    for (let letter = 0; letter < machine.alphabet.size; letter++) {
      if (bytesOf[letter]!.length === 0) continue
      const next = machine.next(state, letter)
      if (!given.has(next)) yield next
      given.add(next)
    }
  }

  /** Depth first over live states, without recursion: a state met again on the way down closes a circle. */
  private circle(): number | undefined {
    const {answer, machine} = this
    const done = new Set<number>()
    const onWay = new Set<number>()
    if (!answer.has(machine.start)) return undefined
    const stack: {state: number; next: Generator<number>}[] = [{state: machine.start, next: this.nextStates(machine.start)}]
    onWay.add(machine.start)
    while (stack.length > 0) {
      this.look()
      const top = stack.at(-1)!
      const {value, done: ended} = top.next.next()
      if (ended === true) {
        onWay.delete(top.state)
        done.add(top.state)
        stack.pop()
      } else if (onWay.has(value)) {
        if (answer.has(value)) return answer.get(value)!
      } else if (!done.has(value) && answer.has(value)) {
        onWay.add(value)
        stack.push({state: value, next: this.nextStates(value)})
      }
    }
    return undefined
  }

  private list(): {keys: AnsweredKey[]} | {refusal: Refusal} {
    const {machine, answer, bytesOf, limits} = this
    const stack: {state: number; key: string}[] = [{state: machine.start, key: ''}]
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      this.look()
      const own = this.ownAnswer(at.state)
      if (own >= 0) this.keys.push({key: at.key, entry: own})
      if (this.keys.length > limits.keys)
        return refuse('too-many', this.lineOf(own), `answers so many keys that there are more than ${limits.keys} in all`, '--max-keys')
      for (let letter = machine.alphabet.size - 1; letter >= 0; letter--) {
        if (bytesOf[letter]!.length === 0) continue
        const next = machine.next(at.state, letter)
        const leadsTo = answer.get(next)
        if (leadsTo === undefined) continue
        for (const byte of bytesOf[letter]!) {
          const char = String.fromCharCode(byte)
          if (!SAFE.test(char)) return refuse('unsafe-byte', this.lineOf(leadsTo), `answers keys with ${named(byte)} in them, which an address holds in quotes only`, 'is there a dot without a backslash?')
          stack.push({state: next, key: at.key + char})
        }
      }
    }
    return {keys: this.keys}
  }
}

const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a

const foldsCase = (dialect: Rule['pattern']['dialect']): boolean => (dialect.engine === 'pcre' ? dialect.caseless : dialect.icase)

const named = (byte: number): string =>
  byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `the byte 0x${byte.toString(16).padStart(2, '0')}`
