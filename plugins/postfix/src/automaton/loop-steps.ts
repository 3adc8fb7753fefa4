// Patterns that may begin anywhere, as sets of loops: what each letter begins, worked out once for each set.
import {type Alphabet, NEIGHBOUR} from './alphabet.js'
import {Closure} from './closure.js'
import {ListStore} from './int-pool.js'
import {type Nfa, OP} from './nfa.js'

const NO_LOOPS = new Int32Array(0)

export class LoopSteps {
  private readonly nfa: Nfa
  private readonly alphabet: Alphabet
  private readonly sets = new ListStore()
  private readonly steps: Int32Array[][] = []
  private readonly beginning: number[][] = []
  private readonly closure: Closure
  private cells = 0

  constructor(nfa: Nfa, alphabet: Alphabet) {
    this.nfa = nfa
    this.alphabet = alphabet
    this.closure = new Closure(nfa)
  }

  /** Integers held, for the limit on memory. */
  get integers(): number {
    return this.sets.integers + this.cells
  }

  add(loops: Int32Array): number {
    return this.sets.add(loops)
  }

  isEmpty(id: number): boolean {
    return this.sets.get(id).length === 0
  }

  /** A copy of the loops of a set, ascending. */
  list(id: number): Int32Array {
    const list = this.sets.get(id)
    return list.length === 0 ? NO_LOOPS : list.slice()
  }

  /** The letters that begin a match of some loop of the set. */
  letters(id: number): readonly number[] {
    return (this.beginning[id] ??= this.targets(id).flatMap((targets, letter) => (targets.length > 0 ? [letter] : [])))
  }

  /** For each letter the nodes that a match which begins with it goes on with. */
  targets(id: number): Int32Array[] {
    return (this.steps[id] ??= this.compute(id))
  }

  private compute(id: number): Int32Array[] {
    const {nfa, alphabet, closure} = this
    const found: Set<number>[] = Array.from({length: alphabet.size}, () => new Set())
    closure.begin()
    // Only starts that take a byte first are in loops, so the byte before does not matter.
    for (const loop of this.sets.get(id)) for (const start of nfa.targets(loop)) closure.add(start, NEIGHBOUR.other)
    for (let at = 0; at < closure.rest.length; at++) {
      const node = closure.rest.data[at]!
      if (nfa.op.data[node] !== OP.byte) throw new Error('a loop holds a start that takes no byte')
      for (const letter of alphabet.lettersOf[nfa.arg.data[node]!]!) found[letter]!.add(nfa.next.data[node]!)
    }
    const steps = found.map(set => Int32Array.from(set))
    for (const step of steps) this.cells += step.length
    return steps
  }
}
