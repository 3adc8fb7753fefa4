// The deterministic first-match machine of a ruleset, each state made when it is first asked for.
import type {Alphabet} from './alphabet.js'
import {NEIGHBOUR} from './alphabet.js'
import {Closure} from './closure.js'
import {type Decider, type Draft, PlainDecider} from './decision.js'
import {GuardedDecider} from './guarded-decision.js'
import {IntPool, ListStore} from './int-pool.js'
import {LoopSteps} from './loop-steps.js'
import {OP} from './nfa.js'
import type {Program} from './program.js'
import {type AutomatonLimits, BudgetError} from './ruleset.js'
import type {Tags} from './tags.js'

// A state is the list [loops, NEIGHBOUR on the left, marker, nodes...].
const HEAD = 3
const NO_NODES = new Int32Array(0)

export class Machine {
  readonly alphabet: Alphabet
  readonly tags: Tags
  /** The state before the first byte. */
  readonly start: number
  private readonly program: Program
  private readonly closure: Closure
  private readonly decider: Decider
  private readonly states = new ListStore()
  private readonly loops: LoopSteps
  private readonly successorsOf = new IntPool(4096)
  private readonly outcomes = new IntPool()
  private readonly buckets: IntPool[]
  private readonly common = new IntPool()
  /** Letters whose bucket is not empty. */
  private readonly touched = new IntPool()
  private readonly row: Int32Array
  private readonly scratch = new IntPool()
  private readonly limits: AutomatonLimits
  /** Letters of a set as a table, for assertions that are decided letter by letter. */
  private readonly holdsLetter: Uint8Array[]

  constructor(program: Program, {alphabet, tags, limits}: {alphabet: Alphabet; tags: Tags; limits: AutomatonLimits}) {
    this.program = program
    this.alphabet = alphabet
    this.tags = tags
    this.limits = limits
    this.closure = new Closure(program.nfa)
    this.decider = program.plain ? new PlainDecider(program) : new GuardedDecider(program, tags)
    this.loops = new LoopSteps(program.nfa, alphabet)
    this.row = new Int32Array(alphabet.size)
    this.buckets = Array.from({length: alphabet.size}, () => new IntPool(16))
    this.holdsLetter = alphabet.lettersOf.map(letters => {
      const table = new Uint8Array(alphabet.size)
      for (const letter of letters) table[letter] = 1
      return table
    })
    this.closure.begin()
    for (const node of program.starts) this.closure.add(node, NEIGHBOUR.start)
    this.start = this.finish({loops: this.closure.loops, loopsId: -1, before: NEIGHBOUR.start, marker: 0})
  }

  /** How many states have been made. */
  get size(): number {
    return this.states.size
  }

  /** True when the answer no longer changes, whatever bytes follow. */
  isSettled(state: number): boolean {
    const list = this.states.get(state)
    return list.length === HEAD && this.loops.isEmpty(list[0]!)
  }

  /** The state after one more letter of the alphabet. */
  next(state: number, letter: number): number {
    const {size} = this.alphabet
    if (this.successorsOf.length <= state * size || this.successorsOf.data[state * size] === -1) this.expand(state)
    return this.successorsOf.data[state * size + letter]!
  }

  /** The number of the tag that a key gets which ends here. */
  outcome(state: number): number {
    if (this.outcomes.length <= state) this.outcomes.fillTo(this.states.size, -1)
    const known = this.outcomes.data[state]!
    if (known >= 0) return known
    const list = this.states.get(state)
    const {op} = this.program.nfa
    this.closure.begin()
    this.closure.resolve(list.subarray(HEAD), list[1]!, NEIGHBOUR.end)
    const {rest} = this.closure
    for (let at = HEAD; at < list.length; at++) if (op.data[list[at]!] === OP.accept) rest.push(list[at]!)
    const accepted = rest.data.subarray(0, rest.length).filter(node => op.data[node] === OP.accept)
    return (this.outcomes.data[state] = this.decider.outcome(accepted, list[2]!))
  }

  /** Runs a whole key (latin1 text) and returns the number of its tag. A key with a NUL is not a key. */
  run(key: string): number {
    let state = this.start
    for (let at = 0; at < key.length; at++) state = this.next(state, this.alphabet.letterOf[key.charCodeAt(at)]!)
    return this.outcome(state)
  }

  private expand(state: number): void {
    if (this.limits.stop?.() === true) throw new BudgetError('stopped', this.states.size)
    const {size} = this.alphabet
    const {row} = this
    if (this.isSettled(state)) row.fill(state)
    else this.fillRow(this.states.get(state).slice())
    if (this.successorsOf.length < (state + 1) * size) this.successorsOf.fillTo((state + 1) * size, -1)
    this.successorsOf.data.set(row, state * size)
  }

  private fillRow(list: Int32Array): void {
    const {row, buckets, touched} = this
    const {size, kindOf} = this.alphabet
    touched.length = 0
    row.fill(-1)
    this.fillBuckets(list)
    const loopTargets = this.loops.targets(list[0]!)
    for (const letter of this.loops.letters(list[0]!)) row[letter] = this.step(list, letter, loopTargets[letter]!)
    for (let at = 0; at < touched.length; at++) {
      const letter = touched.data[at]!
      if (row[letter] === -1) row[letter] = this.step(list, letter, NO_NODES)
      buckets[letter]!.length = 0
    }
    // Letters that no node asked for lead on alike: only what kind of byte they are can matter.
    const shared = [-1, -1, -1, -1]
    for (let letter = 0; letter < size; letter++) {
      if (row[letter] !== -1) continue
      const kind = kindOf[letter]!
      if (shared[kind] === -1) shared[kind] = this.step(list, letter, NO_NODES)
      row[letter] = shared[kind]!
    }
  }

  private intoBucket(letter: number, node: number): void {
    const bucket = this.buckets[letter]!
    if (bucket.length === 0) this.touched.push(letter)
    bucket.push(node)
  }

  private fillBuckets(list: Int32Array): void {
    const {nfa} = this.program
    const {lettersOf, size} = this.alphabet
    this.common.length = 0
    let waiting = false
    for (let at = HEAD; at < list.length; at++) {
      const node = list[at]!
      const op = nfa.op.data[node]
      if (op === OP.assert) waiting = true
      else if (op === OP.accept) this.common.push(node)
      else {
        const letters = lettersOf[nfa.arg.data[node]!]!
        const next = nfa.next.data[node]!
        if (letters.length === size) this.common.push(next)
        else for (let index = 0; index < letters.length; index++) this.intoBucket(letters[index]!, next)
      }
    }
    if (waiting) this.resolveWaiting(list)
  }

  /** Assertions that waited for the next byte: what they lead to, for each kind of byte. */
  private resolveWaiting(list: Int32Array): void {
    const {nfa} = this.program
    const {kindOf, size} = this.alphabet
    for (const kind of [NEIGHBOUR.newline, NEIGHBOUR.word, NEIGHBOUR.other]) {
      this.closure.begin()
      this.closure.resolve(list.subarray(HEAD), list[1]!, kind)
      const {rest} = this.closure
      for (let letter = 0; letter < size && rest.length > 0; letter++) {
        if (kindOf[letter] !== kind) continue
        for (let at = 0; at < rest.length; at++) {
          const node = rest.data[at]!
          if (nfa.op.data[node] === OP.accept) this.intoBucket(letter, node)
          else if (this.holdsLetter[nfa.arg.data[node]!]![letter] === 1) this.intoBucket(letter, nfa.next.data[node]!)
        }
      }
    }
  }

  private step(list: Int32Array, letter: number, loopTargets: Int32Array): number {
    const {closure} = this
    const before = this.alphabet.kindOf[letter]!
    closure.begin()
    for (const pool of [this.buckets[letter]!, this.common])
      for (let at = 0; at < pool.length; at++) closure.add(pool.data[at]!, before)
    for (const node of loopTargets) closure.add(node, before)
    return this.finish({loops: undefined, loopsId: list[0]!, before, marker: list[2]!})
  }

  /** Prunes what the closure holds and returns the number of the state it is. */
  private finish(from: {loops: IntPool | undefined; loopsId: number; before: number; marker: number}): number {
    const {closure, scratch} = this
    closure.finish()
    const loops = from.loops === undefined ? this.loops.list(from.loopsId) : from.loops.data.slice(0, from.loops.length)
    const {rest} = closure
    const draft: Draft = {
      rest: rest.data,
      restLength: rest.length,
      loops,
      loopsLength: loops.length,
      marker: from.marker,
    }
    this.decider.prune(draft)
    scratch.length = 0
    const unchanged = from.loopsId >= 0 && draft.loopsLength === loops.length
    scratch.push(unchanged ? from.loopsId : this.loops.add(draft.loops.subarray(0, draft.loopsLength)))
    scratch.push(closure.looksBack ? from.before : NEIGHBOUR.other)
    scratch.push(draft.marker)
    for (let at = 0; at < draft.restLength; at++) scratch.push(draft.rest[at]!)
    const state = this.states.add(scratch.data, scratch.length)
    this.checkLimits()
    return state
  }

  private checkLimits(): void {
    const {states, integers} = this.limits
    if (this.states.size > states) throw new BudgetError('states', this.states.size)
    const used = this.states.integers + this.successorsOf.length + this.loops.integers
    if (used > integers) throw new BudgetError('integers', used)
  }
}
