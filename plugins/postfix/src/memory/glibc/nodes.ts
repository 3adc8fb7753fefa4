// The nodes that glibc's regcomp(3) makes of a pattern, in its numbering (regcomp.c calc_first, link_nfa_nodes).
import {type ByteSet, members} from '../../regex/byte-set.js'
import type {RegexNode} from '../../regex/node.js'
import {constraintsOf} from './constraint.js'

export const NODE = {character: 0, bracket: 1, period: 2, alternation: 3, star: 4, anchor: 5, open: 6, close: 7, end: 8} as const

export type NodeType = (typeof NODE)[keyof typeof NODE]

/** True for nodes that take no byte. */
export const isEpsilon = (type: NodeType): boolean => type >= NODE.alternation && type <= NODE.close

/** More than all constraints together. */
const CONSTRAINTS = 256

/** Thrown when a pattern has more nodes or longer closures than are worth following. */
export class TooBigError extends Error {
  override readonly name = 'TooBigError'
}

/** Nodes by number. Later phases add clones, so all of it grows. */
export class NodeList {
  readonly types: NodeType[] = []
  readonly sets: (ByteSet | undefined)[] = []
  readonly constraints: number[] = []
  /** Where a byte leads; -1 for none. */
  readonly nexts: number[] = []
  /** Where no byte leads. */
  readonly edges: number[][] = []
  readonly clones: boolean[] = []
  /** Node a clone was made of. */
  readonly origins: number[] = []
  /** Distinct bracket expressions: copies of one share its set. */
  brackets = 0
  hasChoice = false
  private readonly limit: number
  private readonly lastClones = new Map<number, number>()

  constructor(limit: number) {
    this.limit = limit
  }

  /** The last clone of a node that asks just this; undefined where there is none (search_duplicated_node). */
  findClone(origin: number, constraint: number): number | undefined {
    return this.lastClones.get(origin * CONSTRAINTS + constraint)
  }

  addClone(origin: number, asked: number): number {
    const constraint = asked | this.constraints[origin]!
    const clone = this.add(this.types[origin]!, this.sets[origin], constraint)
    this.clones[clone] = true
    this.origins[clone] = origin
    this.lastClones.set(origin * CONSTRAINTS + constraint, clone)
    return clone
  }

  get length(): number {
    return this.types.length
  }

  add(type: NodeType, set?: ByteSet, constraint = 0): number {
    if (this.types.length >= this.limit) throw new TooBigError('nodes')
    this.types.push(type)
    this.sets.push(set)
    this.constraints.push(constraint)
    this.nexts.push(-1)
    this.edges.push([])
    this.clones.push(false)
    this.origins.push(-1)
    return this.types.length - 1
  }
}

/** Part of a pattern: its first node, and the places that lead to whatever comes after it. */
interface Fragment {
  readonly first: number
  readonly holes: Hole[]
}

/** The next of a node (-1) or one of its edges. */
interface Hole {
  readonly node: number
  readonly edge: number
}

/** Writes the nodes of a pattern; returns the first. `captures` as without REG_NOSUB. */
export const writeNodes = (nodes: NodeList, tree: RegexNode, captures: boolean): number => {
  const writer = new NodeWriter(nodes, captures)
  const body = writer.write(tree)
  const end = nodes.add(NODE.end)
  if (body !== undefined) writer.lead(body.holes, end)
  // Edges are sets (re_node_set_init_2).
  for (const [node, edges] of nodes.edges.entries())
    if (edges.length === 2) nodes.edges[node] = [...new Set(edges)].toSorted((a, b) => a - b)
  return body?.first ?? end
}

class NodeWriter {
  private readonly nodes: NodeList
  private readonly captures: boolean
  private copying = false

  constructor(nodes: NodeList, captures: boolean) {
    this.nodes = nodes
    this.captures = captures
  }

  lead(holes: readonly Hole[], to: number): void {
    for (const {node, edge} of holes) {
      if (edge < 0) this.nodes.nexts[node] = to
      else this.nodes.edges[node]![edge] = to
    }
  }

  /** Undefined for what leaves no node behind. */
  write(tree: RegexNode): Fragment | undefined {
    switch (tree.kind) {
      case 'class':
        return this.byte(tree.set)
      case 'assert':
        return this.anchors(constraintsOf(tree.at))
      case 'cat':
        return this.concatenate(tree.items.length, at => this.write(tree.items[at]!))
      case 'alt':
        return this.alternation(tree.items)
      case 'group':
        return this.group(tree.item)
      case 'repeat':
        return this.repeat(tree)
    }
  }

  private byte(set: ByteSet): Fragment {
    const type = byteType(set)
    if (type === NODE.bracket && !this.copying) this.nodes.brackets++
    const node = this.nodes.add(type, set)
    return {first: node, holes: [{node, edge: -1}]}
  }

  private anchors([first, second]: readonly number[]): Fragment {
    const left = this.epsilon(NODE.anchor, first)
    return second === undefined ? left : this.either(left, this.epsilon(NODE.anchor, second))
  }

  private epsilon(type: NodeType, constraint = 0): Fragment {
    const node = this.nodes.add(type, undefined, constraint)
    return {first: node, holes: [{node, edge: 0}]}
  }

  private either(left: Fragment | undefined, right: Fragment | undefined): Fragment {
    const node = this.nodes.add(NODE.alternation)
    this.nodes.hasChoice = true
    this.nodes.edges[node] = [left?.first ?? -1, right?.first ?? -1]
    const holes = left?.holes ?? []
    for (const hole of right?.holes ?? []) holes.push(hole)
    if (left === undefined) holes.push({node, edge: 0})
    if (right === undefined) holes.push({node, edge: 1})
    return {first: node, holes}
  }

  private concatenate(count: number, part: (at: number) => Fragment | undefined): Fragment | undefined {
    let whole: Fragment | undefined
    for (let at = 0; at < count; at++) {
      const next = part(at)
      if (next === undefined) continue
      if (whole !== undefined) this.lead(whole.holes, next.first)
      whole = {first: whole?.first ?? next.first, holes: next.holes}
    }
    return whole
  }

  private alternation(items: readonly RegexNode[]): Fragment | undefined {
    let left = this.write(items[0]!)
    for (const item of items.slice(1)) left = this.either(left, this.write(item))
    return left
  }

  private group(item: RegexNode): Fragment | undefined {
    // A group right inside a group is one with it (optimize_subexps).
    const body = item.kind === 'group' ? item.item : item
    const empty = isEmpty(body)
    if (!this.captures && !empty) return this.write(body)
    const parts = [() => this.epsilon(NODE.open), () => this.write(body), () => this.epsilon(NODE.close)]
    return this.concatenate(3, at => parts[at]!())
  }

  private repeat({item, min, max}: RegexNode & {kind: 'repeat'}): Fragment | undefined {
    if (isEmpty(item) && item.kind !== 'group') return undefined
    const was = this.copying
    const copy = (): Fragment | undefined => {
      const fragment = this.write(item)
      this.copying = true
      return fragment
    }
    const required = this.concatenate(min, copy)
    const optional = max === min ? undefined : max === Infinity ? this.star(copy()) : this.optionals(copy, max - min)
    this.copying = was
    return this.concatenate(2, at => (at === 0 ? required : optional))
  }

  private star(body: Fragment | undefined): Fragment | undefined {
    if (body === undefined) return undefined
    const node = this.nodes.add(NODE.star)
    this.nodes.hasChoice = true
    this.nodes.edges[node] = [body.first, -1]
    this.lead(body.holes, node)
    return {first: node, holes: [{node, edge: 1}]}
  }

  /** x{0,3} is ((x?)x)?x)?: each copy after the optional ones before it (parse_dup_op). */
  private optionals(copy: () => Fragment | undefined, count: number): Fragment | undefined {
    let whole = copy()
    if (whole === undefined) return undefined
    whole = this.either(whole, undefined)
    for (let times = 1; times < count; times++) {
      const before: Fragment = whole
      const both = this.concatenate(2, at => (at === 0 ? before : copy()))
      whole = this.either(both, undefined)
    }
    return whole
  }
}

const isEmpty = (node: RegexNode): boolean => node.kind === 'cat' && node.items.every(isEmpty)

const byteType = (set: ByteSet): NodeType => {
  const bytes = members(set)
  if (bytes.length === 256) return NODE.period
  const isLiteral = bytes.length <= 1 || (bytes.length === 2 && bytes[0]! + 32 === bytes[1] && bytes[0]! >= 0x41 && bytes[0]! <= 0x5a)
  return isLiteral ? NODE.character : NODE.bracket
}
