// Epsilon closures as glibc makes them, with the memory that each grew to (regcomp.c calc_eclosure).
import type {Effort} from './effort.js'
import {isEpsilon, type NodeList, TooBigError} from './nodes.js'

/** Nodes in ascending order, and for how many there is room. */
interface Closure {
  readonly nodes: Int32Array
  readonly room: number
}

const EMPTY: Closure = {nodes: new Int32Array(0), room: 0}
const DEPTH = 4_000

export interface ClosureLimits {
  /** Members of all closures together. */
  readonly members: number
}

export class Closures {
  /** By node, once `all` is done. */
  readonly of: Closure[] = []
  /** For how many members there is room in all of them. */
  readonly rooms: number[] = []
  private readonly nodes: NodeList
  private readonly limits: ClosureLimits
  private readonly effort: Effort
  private readonly underWay = new Set<number>()
  private members = 0
  private depth = 0

  constructor(nodes: NodeList, {limits, effort}: {limits: ClosureLimits; effort: Effort}) {
    this.nodes = nodes
    this.limits = limits
    this.effort = effort
  }

  /** Makes them all; clones for anchors are added to the nodes on the way. */
  all(): void {
    for (;;) {
      let incomplete = false
      for (let node = 0; node < this.nodes.length; node++) {
        if (this.done(node)) continue
        this.close(node, true)
        if (!this.done(node)) incomplete = true
      }
      if (!incomplete) return
    }
  }

  private done(node: number): boolean {
    return this.of[node] !== undefined
  }

  private close(node: number, root: boolean): Closure {
    const {nodes} = this
    if (++this.depth > DEPTH) throw new TooBigError('depth of closures')
    this.effort.spend(1)
    let closure: Closure = {nodes: Int32Array.of(node), room: nodes.edges[node]!.length + 1}
    let incomplete = false
    this.underWay.add(node)
    const first = nodes.edges[node]![0]
    if (nodes.constraints[node] !== 0 && first !== undefined && !nodes.clones[first]!)
      cloneClosure(nodes, {root: node, constraint: nodes.constraints[node]!, effort: this.effort})
    if (isEpsilon(nodes.types[node]!))
      for (const edge of nodes.edges[node]!) {
        if (this.underWay.has(edge)) {
          incomplete = true
          continue
        }
        const other = this.of[edge] ?? this.close(edge, false)
        closure = this.merge(closure, other)
        if (!this.done(edge)) incomplete = true
      }
    this.underWay.delete(node)
    this.depth--
    if (!incomplete || root) this.of[node] = closure
    return closure
  }

  private merge(into: Closure, other: Closure): Closure {
    if (other === EMPTY || other.nodes.length === 0) return into
    const room = mergedRoom({room: into.room, length: into.nodes.length}, other.nodes.length)
    const merged = unionOf(into.nodes, other.nodes)
    this.members += merged.length
    this.effort.spend(into.nodes.length + other.nodes.length)
    if (this.members > this.limits.members) throw new TooBigError('closures')
    return {nodes: merged, room}
  }
}

/** The room of a set after `more` members were merged into it: it grows to twice both (re_node_set_merge). */
export const mergedRoom = ({room, length}: {room: number; length: number}, more: number): number =>
  room < 2 * more + length ? 2 * (more + room) : room

/** Returns the members of both, ascending. */
export const unionOf = (a: Int32Array, b: Int32Array): Int32Array => {
  const merged = new Int32Array(a.length + b.length)
  let length = 0
  for (let x = 0, y = 0; x < a.length || y < b.length; ) {
    const left = x < a.length ? a[x]! : Infinity
    const right = y < b.length ? b[y]! : Infinity
    if (left <= right) x++
    if (right <= left) y++
    merged[length++] = Math.min(left, right)
  }
  return merged.subarray(0, length)
}

interface Cloning {
  readonly root: number
  readonly constraint: number
  readonly effort: Effort
}

/** The second way of a node, to be gone when all behind the first is cloned. */
interface Pending {
  readonly second: number
  readonly clone: number
  readonly constraint: number
}

/**
 * Everything behind an anchor inherits what it asks, on clones (duplicate_node_closure). glibc calls itself for the first
 * of two ways; here they wait in a list, since a repetition of thousands is as many ways one within the other.
 */
const cloneClosure = (nodes: NodeList, {root, constraint: asked, effort}: Cloning): void => {
  const waiting: Pending[] = []
  let [original, clone, constraint] = [root, root, asked]
  for (;;) {
    effort.spend(1)
    const [first, second] = nodes.edges[original]!
    let ended = false
    if (first === undefined) {
      nodes.nexts[clone] = nodes.nexts[original]!
      ended = true
    } else if (second === undefined) {
      if (original === root && clone !== original) {
        nodes.edges[clone] = [first]
        ended = true
      } else {
        constraint |= nodes.constraints[original]!
        const next = nodes.addClone(first, constraint)
        nodes.edges[clone] = [next]
        original = first
        clone = next
      }
    } else {
      const known = nodes.findClone(first, constraint)
      const left = known ?? nodes.addClone(first, constraint)
      nodes.edges[clone] = [left]
      waiting.push({second, clone, constraint})
      original = first
      clone = left
      ended = known !== undefined
    }
    if (!ended) continue
    const next = waiting.pop()
    if (next === undefined) return
    constraint = next.constraint
    original = next.second
    clone = nodes.addClone(original, constraint)
    insert(nodes.edges[next.clone]!, clone)
  }
}

/** Edges are sets in ascending order from here on (re_node_set_insert). */
const insert = (edges: number[], edge: number): void => {
  edges.push(edge)
  edges.sort((a, b) => a - b)
}
