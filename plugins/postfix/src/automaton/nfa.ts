// The automaton of many patterns before it is made deterministic: numbered nodes, those of one pattern together.
import {IntPool} from './int-pool.js'
import {type AutomatonLimits, BudgetError} from './ruleset.js'

export const OP = {byte: 0, split: 1, assert: 2, accept: 3, loop: 4} as const

/** The node that matches nothing; never stored. */
export const FAIL = -1

export type NfaLimits = Pick<AutomatonLimits, 'nodes' | 'stop'>

const WRITES_A_NODE = 8
/** Writes between two looks at the clock. */
const LOOK_AFTER = 100_000

/**
 * Nodes in arrays. `arg` is the set number (byte), assertion number (assert), start of the list (split, loop);
 * `next` is the following node (byte, assert) or the list's length (split, loop).
 */
export class Nfa {
  readonly op = new IntPool()
  readonly arg = new IntPool()
  readonly next = new IntPool()
  readonly lists = new IntPool()
  readonly patternOf = new IntPool()
  private readonly limits: NfaLimits
  private work = 0
  private pattern = -1
  private stepsKnown = new Map<number, number>()
  private splitsKnown = new Map<string, number>()

  constructor(limits: NfaLimits) {
    this.limits = limits
  }

  get size(): number {
    return this.op.length
  }

  /** Begins the next pattern and returns its accepting node. Equal continuations are shared within one pattern only. */
  begin(): number {
    this.pattern++
    this.stepsKnown = new Map()
    this.splitsKnown = new Map()
    return this.node(OP.accept, 0, 0)
  }

  byte(set: number, next: number): number {
    this.count()
    if (next === FAIL) return FAIL
    const key = set * 0x4000_0000 + next
    const known = this.stepsKnown.get(key)
    if (known !== undefined) return known
    const node = this.node(OP.byte, set, next)
    this.stepsKnown.set(key, node)
    return node
  }

  assertion(kind: number, next: number): number {
    this.count()
    if (next === FAIL) return FAIL
    // Below 0, where no key of a byte node lies.
    const key = -1 - kind - next * 64
    const known = this.stepsKnown.get(key)
    if (known !== undefined) return known
    const node = this.node(OP.assert, kind, next)
    this.stepsKnown.set(key, node)
    return node
  }

  split(nodes: readonly number[]): number {
    this.count(nodes.length)
    const live = [...new Set(nodes)].filter(node => node !== FAIL)
    if (live.length < 2) return live[0] ?? FAIL
    const key = live.join()
    const known = this.splitsKnown.get(key)
    if (known !== undefined) return known
    const node = this.placeholder()
    this.fill(node, live)
    this.splitsKnown.set(key, node)
    return node
  }

  /** A split whose targets come later: the head of a repetition. */
  placeholder(): number {
    return this.node(OP.split, 0, 0)
  }

  fill(node: number, targets: readonly number[]): void {
    this.arg.data[node] = this.lists.length
    let count = 0
    for (const target of targets) {
      if (target === FAIL) continue
      this.lists.push(target)
      count++
    }
    this.next.data[node] = count
  }

  /** A node that begins each of `starts` at every place of the key; all of them must take a byte first. */
  loop(starts: readonly number[]): number {
    const node = this.node(OP.loop, 0, 0)
    this.fill(node, starts)
    return node
  }

  targets(node: number): Int32Array {
    const from = this.arg.data[node]!
    return this.lists.data.subarray(from, from + this.next.data[node]!)
  }

  /** Repetitions of next to nothing are written again and again without a node more: time has to be bounded too. */
  private count(units = 1): void {
    const before = this.work
    this.work += units
    if (this.work > WRITES_A_NODE * this.limits.nodes) throw new BudgetError('nodes', this.op.length)
    if (Math.floor(before / LOOK_AFTER) < Math.floor(this.work / LOOK_AFTER) && this.limits.stop?.() === true)
      throw new BudgetError('stopped', this.op.length)
  }

  private node(op: number, arg: number, next: number): number {
    if (this.op.length >= this.limits.nodes) throw new BudgetError('nodes', this.op.length)
    this.op.push(op)
    this.arg.push(arg)
    this.next.push(next)
    this.patternOf.push(this.pattern)
    return this.op.length - 1
  }
}
