// The states that finding out $1, $2 ... adds: glibc goes back over a match and keeps what could have led to it
// (regexec.c sift_states_backward).
import {hasByte} from '../../regex/byte-set.js'
import {chunkBytes} from '../heap.js'
import {type Closures, mergedRoom, unionOf} from './closures.js'
import type {Effort} from './effort.js'
import {isEpsilon, NODE, type NodeList} from './nodes.js'
import type {State, States} from './states.js'

/** Goes back over the matches of one pattern. */
export class Sift {
  private readonly nodes: NodeList
  private readonly states: States
  private readonly effort: Effort
  /** Nodes whose closure holds a node, by that node: dfa->inveclosures. */
  private readonly sources: Int32Array[]
  /** What lies behind a set of nodes, by its text: state->inveclosure. */
  private readonly behind = new Map<string, Int32Array>()

  constructor(nodes: NodeList, closures: Closures, {states, effort}: {states: States; effort: Effort}) {
    this.nodes = nodes
    this.states = states
    this.effort = effort
    const sources: number[][] = Array.from({length: nodes.length}, () => [])
    for (const [source, {nodes: members}] of closures.of.entries()) for (const node of members) sources[node]!.push(source)
    this.sources = sources.map(list => Int32Array.from(list))
  }

  /** @param log the states at each place of the key from the beginning of the match to its end */
  back(log: readonly State[], key: string, from: number): void {
    const last = log.at(-1)!
    const halt = last.nodes.find(node => this.nodes.types[node] === NODE.end)
    if (halt === undefined) return
    let sifted = this.keep(Int32Array.of(halt), last)
    for (let at = log.length - 2; at >= 0; at--) {
      const byte = key.charCodeAt(from + at)
      this.effort.spend(log[at]!.nodes.length)
      const following = new Set(sifted)
      const led = log[at]!.nodes.filter(node => this.takes(node, byte) && following.has(this.nodes.nexts[node]!))
      if (led.length === 0) return
      sifted = this.keep(led, log[at]!)
    }
  }

  private takes(node: number, byte: number): boolean {
    const set = this.nodes.sets[node]
    return set !== undefined && !isEpsilon(this.nodes.types[node]!) && hasByte(set, byte)
  }

  /** update_cur_sifted_state: the nodes with those that lead to them without a byte; both sets become states. */
  private keep(nodes: Int32Array, {nodes: candidates}: State): Int32Array {
    this.states.acquireBare(nodes)
    const behind = this.inverse(nodes)
    const kept = unionOf(nodes, candidates.filter(node => includes(behind, node)))
    this.states.acquireBare(kept)
    return kept
  }

  private inverse(nodes: Int32Array): Int32Array {
    const key = nodes.join()
    const known = this.behind.get(key)
    if (known !== undefined) return known
    let all: Int32Array = new Int32Array(0)
    let room = nodes.length
    for (const node of nodes) {
      room = mergedRoom({room, length: all.length}, this.sources[node]!.length)
      all = unionOf(all, this.sources[node]!)
      this.effort.spend(all.length)
    }
    this.states.bytes += chunkBytes(4 * room)
    this.behind.set(key, all)
    return all
  }
}

const includes = (sorted: Int32Array, wanted: number): boolean => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return sorted[low] === wanted
}
