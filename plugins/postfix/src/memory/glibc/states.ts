// The states of a compiled pattern: made while it matches, never given back (regexec.c build_trtable).
import {type ByteSet, hasByte, members} from '../../regex/byte-set.js'
import {WORD} from '../../regex/posix-class.js'
import {chunkBytes} from '../heap.js'
import {type Closures, unionOf} from './closures.js'
import {CONSTRAINT, CONTEXT, unmetBefore} from './constraint.js'
import type {Effort} from './effort.js'
import {NODE, type NodeList, TooBigError} from './nodes.js'

/** re_dfastate_t and a pointer for each byte (SBC_MAX). */
const STATE_BYTES = 88
const TRANSITIONS_BYTES = 256 * 8
/** re_node_set. */
const SET_BYTES = 16

export interface State {
  readonly nodes: Int32Array
  readonly entrance: Int32Array
  readonly constrained: boolean
  readonly halts: boolean
  /** By byte, once the state has been left. */
  successors?: (State | undefined)[]
}

export interface StateLimits {
  readonly states: number
  /** Nodes of all states together: what the time and the memory for following them go by. */
  readonly members: number
}

/** All states of one pattern, each made when glibc would make it. */
export class States {
  /** Heap of all states made so far, transitions included. */
  bytes = 0
  count = 0
  private readonly nodes: NodeList
  private readonly closures: Closures
  private readonly known = new Map<string, State>()
  private readonly bare = new Set<string>()
  /** How many states share a place of the hash table. */
  private readonly spots = new Map<number, number>()
  private readonly mask: number
  private readonly limits: StateLimits
  private readonly effort: Effort
  private members = 0

  constructor(
    nodes: NodeList,
    closures: Closures,
    {mask, limits, effort}: {mask: number; limits: StateLimits; effort: Effort},
  ) {
    this.nodes = nodes
    this.closures = closures
    this.mask = mask
    this.limits = limits
    this.effort = effort
  }

  /** The state of these nodes after what `context` says (re_acquire_state_context). */
  acquire(entrance: Int32Array, context: number): State {
    this.effort.spend(entrance.length)
    const key = `${context}:${entrance.join()}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    if (this.count >= this.limits.states) throw new TooBigError('states')
    const {constraints, types} = this.nodes
    const constrained = entrance.some(node => constraints[node] !== 0)
    const nodes = constrained ? entrance.filter(node => !unmetBefore(constraints[node]!, context)) : entrance
    const state = {nodes, entrance, constrained, halts: entrance.some(node => types[node] === NODE.end)}
    this.members += entrance.length
    if (this.members > this.limits.members) throw new TooBigError('members of states')
    this.known.set(key, state)
    this.count++
    this.bytes += chunkBytes(STATE_BYTES) + chunkBytes(4 * entrance.length) + chunkBytes(4 * nodes.length)
    if (constrained) this.bytes += chunkBytes(SET_BYTES) + chunkBytes(4 * entrance.length)
    this.register(entrance, context)
    return state
  }

  /** The state of just these nodes, wherever they stand (re_acquire_state); sifting makes such. */
  acquireBare(nodes: Int32Array): void {
    this.effort.spend(nodes.length)
    const text = nodes.join()
    // One that matching made is as good, unless its context took nodes out of it.
    if (this.known.get(`0:${text}`)?.nodes.length === nodes.length || this.bare.has(text)) return
    this.bare.add(text)
    this.bytes += chunkBytes(STATE_BYTES) + 2 * chunkBytes(4 * nodes.length)
    this.register(nodes, CONTEXT.none)
  }

  private register(entrance: Int32Array, context: number): void {
    let hash = entrance.length + context
    for (const node of entrance) hash += node
    const spot = (hash >>> 0) & this.mask
    const there = this.spots.get(spot) ?? 0
    this.spots.set(spot, there + 1)
    // Room for 2, 6, 14 ... pointers: twice what is there, and two.
    const room = roomAt(there)
    if (room === there) this.bytes += chunkBytes(8 * (2 * there + 2)) - (there === 0 ? 0 : chunkBytes(8 * room))
  }

  /** The state a byte leads to; undefined where nothing matches any more. */
  next(state: State, byte: number): State | undefined {
    state.successors ??= this.leave(state)
    return state.successors[byte]
  }

  /** May a match begin here with this byte? What the fastmap of regcomp(3) tells. */
  begins(state: State, byte: number): boolean {
    const {types, sets} = this.nodes
    return state.nodes.some(node => types[node] === NODE.end || (sets[node] !== undefined && hasByte(sets[node], byte)))
  }

  /** Does a halting state accept before what follows (check_halt_state_context)? */
  endHolds({nodes}: State, next: {word: boolean; newline: boolean}): boolean {
    const {types, constraints} = this.nodes
    return nodes.some(node => types[node] === NODE.end && metAfter(constraints[node]!, next))
  }

  private leave(state: State): (State | undefined)[] {
    this.bytes += chunkBytes(TRANSITIONS_BYTES)
    const successors: (State | undefined)[] = []
    for (const [takers, byteList] of this.destinations(state)) {
      let follows: Int32Array = new Int32Array(0)
      for (const node of takers) {
        follows = unionOf(follows, this.closures.of[this.nodes.nexts[node]!]!.nodes)
        this.effort.spend(follows.length)
      }
      const plain = this.acquire(follows, CONTEXT.none)
      const word = plain.constrained ? this.acquire(follows, CONTEXT.word) : plain
      // glibc makes this one although a newline is only special under REG_NEWLINE.
      const newline = plain.constrained ? this.acquire(follows, CONTEXT.newline) : plain
      for (const byte of byteList)
        successors[byte] = byte === 0x0a ? newline : hasByte(WORD, byte) ? word : plain
    }
    return successors
  }

  /** Bytes by the nodes that take them. */
  private destinations(state: State): [readonly number[], number[]][] {
    const takers: (number[] | undefined)[] = []
    for (const node of state.nodes) {
      const set = this.nodes.sets[node]
      if (set === undefined) continue
      const constraint = this.nodes.constraints[node]!
      this.effort.spend(bytesOf(set).length)
      for (const byte of bytesOf(set)) if (constraint === 0 || takes(constraint, byte)) (takers[byte] ??= []).push(node)
    }
    const groups = new Map<string, [readonly number[], number[]]>()
    // Holes are skipped: most states are left by a byte or two.
    takers.forEach((accepting, byte) => {
      const key = accepting!.join()
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [accepting!, [byte]])
      else group[1].push(byte)
    })
    return [...groups.values()]
  }
}

const known = new WeakMap<ByteSet, readonly number[]>()

const bytesOf = (set: ByteSet): readonly number[] => {
  const bytes = known.get(set) ?? members(set)
  known.set(set, bytes)
  return bytes
}

const roomAt = (count: number): number => {
  let room = 0
  while (room < count) room = 2 * room + 2
  return room
}

const takes = (constraint: number, byte: number): boolean => {
  if ((constraint & CONSTRAINT.nextEnd) !== 0) return false
  if ((constraint & CONSTRAINT.nextNewline) !== 0 && byte !== 0x0a) return false
  if ((constraint & CONSTRAINT.nextWord) !== 0 && !hasByte(WORD, byte)) return false
  return (constraint & CONSTRAINT.nextNotWord) === 0 || !hasByte(WORD, byte)
}

const metAfter = (constraint: number, {word, newline}: {word: boolean; newline: boolean}): boolean =>
  ((constraint & CONSTRAINT.nextWord) === 0 || word) &&
  ((constraint & CONSTRAINT.nextNotWord) === 0 || !word) &&
  ((constraint & CONSTRAINT.nextNewline) === 0 || newline)
