// One pattern as glibc holds it: the heap after regcomp(3), and what matching adds (regcomp.c, regexec.c).
import {hasByte} from '../../regex/byte-set.js'
import type {RegexNode} from '../../regex/node.js'
import {WORD} from '../../regex/posix-class.js'
import {chunkBytes} from '../heap.js'
import {Closures} from './closures.js'
import {CONTEXT} from './constraint.js'
import {Effort, type EffortLimits} from './effort.js'
import {isEpsilon, NodeList, writeNodes} from './nodes.js'
import {Sift} from './sift.js'
import {type State, States} from './states.js'

export interface CompileOptions {
  /** Bytes of the pattern as written: glibc sizes its tables by them. */
  readonly patternBytes: number
  /** Groups of the pattern. */
  readonly groups: number
  /** False under REG_NOSUB: Postfix sets it for rules without $n, never for an if. */
  readonly captures: boolean
  /** False where regexec(3) is not asked for the groups, as for an if; as `captures` unless told. */
  readonly asksGroups?: boolean
  /** REG_NEWLINE. */
  readonly newline: boolean
}

export interface CompileLimits extends EffortLimits {
  readonly nodes: number
  /** Of all closures, and of all states. */
  readonly members: number
  readonly states: number
}

export const COMPILE_LIMITS: CompileLimits = {nodes: 400_000, members: 4_000_000, states: 50_000}

const DFA_BYTES = 224
const FASTMAP_BYTES = 256
const TABLE_ENTRY_BYTES = 16
/** re_token_t, Idx, two re_node_set: what each place for a node takes. */
const PER_NODE_BYTES = [16, 4, 16, 16] as const
const INVERSE_BYTES = 16
const BITSET_BYTES = 32

/** TooBigError beyond the limits. */
export class CompiledPattern {
  /** Heap after regcomp(3). */
  readonly coldBytes: number
  private readonly states: States
  private readonly entrance: Int32Array
  private readonly initial: readonly State[]
  private readonly options: CompileOptions
  private readonly sift: Sift | undefined
  private readonly asksGroups: boolean
  private readonly effort: Effort

  constructor(tree: RegexNode, options: CompileOptions, limits: CompileLimits = COMPILE_LIMITS) {
    const {patternBytes, groups, captures} = options
    const nodes = new NodeList(limits.nodes)
    const first = writeNodes(nodes, tree, captures)
    this.effort = new Effort(limits)
    const {effort} = this
    const closures = new Closures(nodes, {limits, effort})
    closures.all()
    const tableSize = 2 ** Math.ceil(Math.log2(patternBytes + 1))
    this.options = options
    this.states = new States(nodes, closures, {mask: tableSize - 1, limits, effort})
    this.entrance = closures.of[first]!.nodes
    this.initial = this.initialStates()
    const inverted = captures && groups > 0 && nodes.hasChoice
    const inverse = inverted ? inverseBytes(closures) : 0
    this.asksGroups = groups > 0 && (options.asksGroups ?? captures)
    this.sift = inverted && this.asksGroups ? new Sift(nodes, closures, {states: this.states, effort}) : undefined
    this.coldBytes =
      chunkBytes(DFA_BYTES) +
      chunkBytes(FASTMAP_BYTES) +
      chunkBytes(TABLE_ENTRY_BYTES * tableSize) +
      nodeBytes(nodes, patternBytes) +
      closures.of.reduce((sum, {room}) => sum + chunkBytes(4 * room), 0) +
      inverse +
      nodes.brackets * chunkBytes(BITSET_BYTES) +
      this.states.bytes
  }

  /** Heap with all states that matching has made so far. */
  get bytes(): number {
    return this.coldBytes + this.states.bytes - this.initialBytes
  }

  get stateCount(): number {
    return this.states.count
  }

  private initialBytes = 0

  private initialStates(): readonly State[] {
    const {none, word, newline, beginning} = CONTEXT
    const plain = this.states.acquire(this.entrance, none)
    const all = plain.constrained
      ? [plain, ...[word, newline, newline | beginning].map(context => this.states.acquire(this.entrance, context))]
      : [plain]
    this.initialBytes = this.states.bytes
    return all
  }

  /** Matches a key (latin1 text) as regexec(3) walks it, making the states it makes. True when it matches. */
  match(key: string): boolean {
    const [plain, word = plain!, newline = plain!, start = plain!] = this.initial
    const anchored =
      plain!.nodes.length === 0 && word.nodes.length === 0 && (newline.nodes.length === 0 || !this.options.newline)
    const last = anchored ? 0 : key.length
    for (let from = 0; from <= last; from++) {
      const before = from === 0 ? -1 : key.charCodeAt(from - 1)
      const first = before < 0 ? start : before === 0x0a && this.options.newline ? newline : hasByte(WORD, before) ? word : plain!
      if (this.walk(first, key, from)) return true
    }
    return false
  }

  private walk(first: State, key: string, from: number): boolean {
    let state: State = first
    // The first byte is looked up in the fastmap: a state whose every transition fails is never left.
    if (from < key.length && !state.halts && !this.mayBegin(state, key.charCodeAt(from))) return false
    let end = -1
    const log: State[] = []
    for (let at = from; ; at++) {
      this.effort.spend(1)
      log.push(state)
      if (state.halts && (!state.constrained || this.haltsAt(state, key, at))) {
        end = at
        // Without $n any match will do, with it the longest is looked for.
        if (!this.asksGroups) return true
      }
      const next: State | undefined = at < key.length ? this.states.next(state, key.charCodeAt(at)) : undefined
      if (next === undefined) break
      state = next
    }
    if (end < 0) return false
    this.sift?.back(log.slice(0, end - from + 1), key, from)
    return true
  }

  private mayBegin(state: State, byte: number): boolean {
    return this.states.begins(state, byte)
  }

  private haltsAt(state: State, key: string, at: number): boolean {
    return this.states.endHolds(state, {
      word: at < key.length && hasByte(WORD, key.charCodeAt(at)),
      newline: at === key.length || (this.options.newline && key[at] === '\n'),
    })
  }
}

const nodeBytes = (nodes: NodeList, patternBytes: number): number => {
  let room = patternBytes + 1
  while (room < nodes.length) room *= 2
  const tables = PER_NODE_BYTES.reduce((sum, size) => sum + chunkBytes(size * room), 0)
  let edges = 0
  for (let node = 0; node < nodes.length; node++)
    if (isEpsilon(nodes.types[node]!)) edges += chunkBytes(4 * nodes.edges[node]!.length)
  return tables + edges
}

/** re_node_set_insert_last: room for 2, 6, 14 ... */
const inverseBytes = (closures: Closures): number => {
  const members = new Int32Array(closures.of.length)
  for (const {nodes} of closures.of) for (const node of nodes) members[node]!++
  let bytes = chunkBytes(INVERSE_BYTES * closures.of.length)
  for (const count of members) {
    let room = 0
    while (room < count) room = 2 * room + 2
    bytes += chunkBytes(4 * room)
  }
  return bytes
}
