// Follows what takes no byte: from raw nodes to the nodes that wait for a byte, given the byte before.
import {ASSERTIONS, holds, looksBack, looksBackOnly} from './looks.js'
import {NEIGHBOUR} from './alphabet.js'
import {IntPool} from './int-pool.js'
import {type Nfa, OP} from './nfa.js'

export class Closure {
  /** Sorted after `run`: byte nodes, accepting nodes, and assertions that wait for the next byte. */
  readonly rest = new IntPool()
  /** Sorted after `run`: loops that were met. */
  readonly loops = new IntPool()
  /** True when some waiting assertion will ask for the byte before again. */
  looksBack = false
  private readonly nfa: Nfa
  private readonly mark: Int32Array
  private readonly stack = new IntPool()
  private stamp = 0
  private readonly backLooking: Uint8Array

  constructor(nfa: Nfa) {
    this.nfa = nfa
    this.mark = new Int32Array(nfa.size)
    this.backLooking = findBackLooking(nfa)
  }

  /** Begins a new set. */
  begin(): void {
    this.rest.length = 0
    this.loops.length = 0
    this.looksBack = false
    this.stamp++
  }

  /** Adds a node and what it leads to without a byte, `before` being the NEIGHBOUR on the left. */
  add(node: number, before: number): void {
    this.stack.push(node)
    while (this.stack.length > 0) this.visit(this.stack.data[--this.stack.length]!, before)
  }

  finish(): void {
    sort(this.rest)
    sort(this.loops)
  }

  private visit(node: number, before: number): void {
    if (this.mark[node] === this.stamp) return
    this.mark[node] = this.stamp
    const {nfa} = this
    switch (nfa.op.data[node]) {
      case OP.split:
        for (const target of nfa.targets(node)) this.stack.push(target)
        break
      case OP.loop:
        this.loops.push(node)
        break
      case OP.assert:
        this.visitAssertion(node, before)
        break
      default:
        this.rest.push(node)
    }
  }

  private visitAssertion(node: number, before: number): void {
    const at = ASSERTIONS[this.nfa.arg.data[node]!]!
    if (looksBackOnly(at)) {
      if (holds(at, before, NEIGHBOUR.other)) this.stack.push(this.nfa.next.data[node]!)
      return
    }
    // Neither a byte nor the end on the right would do: not worth keeping.
    if (at === 'line-start-inner' && before !== NEIGHBOUR.start && before !== NEIGHBOUR.newline) return
    this.rest.push(node)
    if (this.backLooking[node] === 1) this.looksBack = true
  }

  /**
   * Adds what the waiting assertions of `waiting` lead to when both neighbours are known; the rest then holds byte and
   * accepting nodes only, those of `waiting` itself not among them.
   */
  resolve(waiting: Int32Array, before: number, after: number): void {
    const {nfa, stack} = this
    for (const node of waiting) if (nfa.op.data[node] === OP.assert) stack.push(node)
    while (stack.length > 0) {
      const node = stack.data[--stack.length]!
      if (this.mark[node] === this.stamp) continue
      this.mark[node] = this.stamp
      const op = nfa.op.data[node]
      if (op === OP.split) for (const target of nfa.targets(node)) stack.push(target)
      else if (op !== OP.assert) this.rest.push(node)
      else if (holds(ASSERTIONS[nfa.arg.data[node]!]!, before, after)) stack.push(nfa.next.data[node]!)
    }
  }
}

const sort = (pool: IntPool): void => {
  if (pool.length > 1) pool.data.subarray(0, pool.length).sort()
}

/** Marks the assertions whose outcome, or that of one reached without a byte, hangs on the byte before. */
const findBackLooking = (nfa: Nfa): Uint8Array => {
  const found = new Uint8Array(nfa.size)
  for (let node = 0; node < nfa.size; node++) {
    if (nfa.op.data[node] !== OP.assert) continue
    found[node] = leadsToLookBack(nfa, node) ? 1 : 0
  }
  return found
}

const leadsToLookBack = (nfa: Nfa, from: number): boolean => {
  const seen = new Set<number>()
  const stack = [from]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (seen.has(node)) continue
    seen.add(node)
    const op = nfa.op.data[node]
    if (op === OP.split) for (const target of nfa.targets(node)) stack.push(target)
    if (op !== OP.assert) continue
    if (looksBack(ASSERTIONS[nfa.arg.data[node]!]!)) return true
    stack.push(nfa.next.data[node]!)
  }
  return false
}
