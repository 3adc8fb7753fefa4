// Do two rulesets give every key the same answer? Walks both machines side by side.
import {IntPool} from './int-pool.js'
import type {Machine} from './machine.js'
import {buildMachines} from './machines.js'
import {AUTOMATON_LIMITS, type AutomatonLimits, BudgetError, type Ruleset} from './ruleset.js'
import {findPair} from './pair-search.js'

export type Comparison =
  /** Every key has the same answer. `states` is what it took. */
  | {readonly verdict: 'equal'; readonly states: number}
  /** `key` (latin1 text) is answered differently; it is a shortest one unless `shortest` is false. */
  | {
      readonly verdict: 'different'
      readonly key: string
      readonly shortest: boolean
      readonly answers: readonly [string, string]
      readonly states: number
    }
  | {readonly verdict: 'budget'; readonly limit: BudgetError['limit']; readonly reached: number}

/**
 * Compares the answers (tags) of two rulesets for every key: all texts of the bytes 1 to 255, the empty one included.
 * Pairs of states are merged as Hopcroft and Karp do, so the work is near the sum of the states, not the product.
 */
export const compareRulesets = (a: Ruleset, b: Ruleset, limits: AutomatonLimits = AUTOMATON_LIMITS): Comparison => {
  try {
    const [left, right] = buildMachines([a, b], limits) as [Machine, Machine]
    return compareMachines(left, right, limits)
  } catch (error) {
    // A limit was reached: an answer of its own, not a failure.
    if (error instanceof BudgetError) return {verdict: 'budget', limit: error.limit, reached: error.reached}
    throw error
  }
}

/** The same for machines of one buildMachines call. BudgetError as they throw it. */
export const compareMachines = (left: Machine, right: Machine, limits: AutomatonLimits): Comparison => {
  const key = new Merge(left, right, limits).difference()
  const states = left.size + right.size
  if (key === undefined) return {verdict: 'equal', states}
  // The first difference found by merging need not be a shortest one.
  const shorter = findPair(left, right, {
    pairs: SHORTEST_PAIRS,
    wanted: (x, y) => left.outcome(x) !== right.outcome(y),
  })
  const found = shorter ?? key
  const answers = [left.tags.name(left.run(found)), right.tags.name(right.run(found))] as const
  return {verdict: 'different', key: found, shortest: shorter !== undefined, answers, states: left.size + right.size}
}

const SHORTEST_PAIRS = 200_000

/** Classes of states taken to be equal, until a pair is not. */
class Merge {
  private readonly left: Machine
  private readonly right: Machine
  private readonly limits: AutomatonLimits
  /** Parent of state 2 * number + side; a root is its own. */
  private readonly parent = new IntPool()
  /** Four integers a pair: both states, the pair before, the letter that led here. */
  private readonly queue = new IntPool()

  constructor(left: Machine, right: Machine, limits: AutomatonLimits) {
    this.left = left
    this.right = right
    this.limits = limits
  }

  difference(): string | undefined {
    const {left, right, queue} = this
    this.visit(left.start, right.start, -1, 0)
    for (let at = 0; at < queue.length; at += 4) {
      const x = queue.data[at]!
      const y = queue.data[at + 1]!
      if (left.outcome(x) !== right.outcome(y)) return this.key(at)
      if (left.isSettled(x) && right.isSettled(y)) continue
      this.follow(x, y, at)
      if (left.size + right.size > this.limits.states) throw new BudgetError('states', left.size + right.size)
    }
    return undefined
  }

  private follow(x: number, y: number, from: number): void {
    const {left, right} = this
    let lastX = -1
    let lastY = -1
    for (let letter = 0; letter < left.alphabet.size; letter++) {
      const nextX = left.next(x, letter)
      const nextY = right.next(y, letter)
      // Most letters lead to the pair that the letter before led to.
      if (nextX === lastX && nextY === lastY) continue
      this.visit(nextX, nextY, from, letter)
      lastX = nextX
      lastY = nextY
    }
  }

  private visit(x: number, y: number, from: number, letter: number): void {
    const a = this.root(2 * x)
    const b = this.root(2 * y + 1)
    if (a === b) return
    this.parent.data[b] = a
    this.queue.push(x)
    this.queue.push(y)
    this.queue.push(from)
    this.queue.push(letter)
  }

  private root(id: number): number {
    const {parent} = this
    if (parent.length <= id) {
      parent.reserve(id + 1)
      for (let next = parent.length; next <= id; next++) parent.push(next)
    }
    let root = id
    while (parent.data[root] !== root) {
      parent.data[root] = parent.data[parent.data[root]!]!
      root = parent.data[root]!
    }
    return root
  }

  private key(at: number): string {
    let key = ''
    for (let entry = at; this.queue.data[entry + 2]! >= 0; entry = this.queue.data[entry + 2]!)
      key = String.fromCharCode(this.left.alphabet.byteOf[this.queue.data[entry + 3]!]!) + key
    return key
  }
}
