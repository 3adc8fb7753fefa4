// Writes trees into an Nfa, from the right: equal ends of different alternatives become the same nodes.
import {NEWLINE} from '../regex/posix-class.js'
import {nullable, type RegexNode, someNode} from '../regex/node.js'
import type {SetNumbers} from './alphabet.js'
import {ASSERTIONS, looksAtWords} from './looks.js'
import {FAIL, type Nfa} from './nfa.js'

/**
 * The node that follows, in three cases: anything may follow (0), exactly a newline and then the end (1), the end (2).
 * Only `$` of PCRE2, which sees two bytes ahead, brings cases 1 and 2 about.
 */
type After = readonly [number, number, number]

const END = ASSERTIONS.indexOf('end')
const NOWHERE: After = [FAIL, FAIL, FAIL]

/** Writes patterns into one Nfa and numbers their sets. */
export class NfaBuilder {
  readonly nfa: Nfa
  readonly numbers: SetNumbers
  /** True once some pattern asks for word bytes. */
  wordLooks = false

  constructor(nfa: Nfa, numbers: SetNumbers) {
    this.nfa = nfa
    this.numbers = numbers
  }

  /** Adds the pattern that matches where any of `nodes` does; returns the nodes to start with at the start of a key. */
  addPattern(nodes: readonly RegexNode[]): number[] {
    const accept = this.nfa.begin()
    const alternatives = nodes.flatMap(alternativesOf)
    this.wordLooks ||= alternatives.some(node =>
      someNode(node, inner => inner.kind === 'assert' && looksAtWords(inner.at)),
    )
    const anchored: number[] = []
    const plain: number[] = []
    const looking: number[] = []
    for (const node of alternatives) {
      const start = this.start(node, accept)
      if (start === FAIL) continue
      if (beginsAtStart(node)) anchored.push(start)
      else if (beginsWithByte(node)) plain.push(start)
      else looking.push(start)
    }
    const starts = [...new Set(anchored)]
    if (plain.length > 0) starts.push(this.nfa.loop([...new Set(plain)]))
    if (looking.length > 0) starts.push(this.everywhere([...new Set(looking)]))
    return starts
  }

  /** `starts` at every place: a loop over all bytes that goes through them again and again. */
  private everywhere(starts: readonly number[]): number {
    const head = this.nfa.placeholder()
    this.nfa.fill(head, [...starts, this.nfa.byte(this.numbers.number(ANY), head)])
    return head
  }

  private start(node: RegexNode, accept: number): number {
    if (!someNode(node, inner => inner.kind === 'assert' && inner.at === 'end-newline'))
      return this.write(node, [accept, FAIL, FAIL])[0]
    const atEnd = this.nfa.assertion(END, accept)
    return this.write(node, [accept, this.nfa.byte(this.numbers.number(NEWLINE), atEnd), atEnd])[0]
  }

  private write(node: RegexNode, after: After): After {
    switch (node.kind) {
      case 'class':
        return this.writeClass(node, after)
      case 'group':
        return this.write(node.item, after)
      case 'assert':
        return this.writeAssertion(node, after)
      case 'cat':
        return node.items.reduceRight<After>((rest, item) => this.write(item, rest), after)
      case 'alt': {
        const branches = node.items.map(item => this.write(item, after))
        return each(mode => this.nfa.split(branches.map(branch => branch[mode]!)))
      }
      case 'repeat':
        return this.writeRepeat(node, after)
    }
  }

  private writeClass({set}: {set: Uint32Array}, after: After): After {
    if (set.every(word => word === 0)) return NOWHERE
    const number = this.numbers.number(set)
    const any = this.nfa.byte(number, after[0])
    if (after[2] === FAIL) return [any, FAIL, FAIL]
    const newline = (set[0]! >>> 0x0a) & 1 ? this.nfa.byte(this.numbers.number(NEWLINE), after[2]) : FAIL
    return [any, newline, FAIL]
  }

  private writeAssertion({at}: RegexNode & {kind: 'assert'}, after: After): After {
    if (at === 'end-newline') return [this.nfa.split([this.nfa.assertion(END, after[0]), after[1]]), after[1], after[2]]
    const kind = ASSERTIONS.indexOf(at)
    return each(mode => this.nfa.assertion(kind, after[mode]!))
  }

  private writeRepeat({item, min, max}: RegexNode & {kind: 'repeat'}, after: After): After {
    let rest = max === Infinity ? this.writeStar(item, after) : after
    // Nested: each further time is possible only after the one before.
    if (max !== Infinity)
      for (let times = min; times < max; times++) {
        const once = this.write(item, rest)
        rest = each(mode => this.nfa.split([once[mode]!, after[mode]!]))
      }
    for (let times = 0; times < min; times++) rest = this.write(item, rest)
    return rest
  }

  private writeStar(item: RegexNode, after: After): After {
    // In case 1 the body may still take the newline and go on in case 2.
    const open = (mode: 0 | 1 | 2): boolean => mode === 0 || after[2] !== FAIL || (mode === 1 && after[1] !== FAIL)
    const heads = each(mode => (open(mode) ? this.nfa.placeholder() : FAIL))
    const body = this.write(item, heads)
    for (const mode of MODES) if (heads[mode] !== FAIL) this.nfa.fill(heads[mode]!, [body[mode]!, after[mode]!])
    return heads
  }
}

const ANY = new Uint32Array(8).fill(0xffffffff)
const MODES = [0, 1, 2] as const

const each = (make: (mode: 0 | 1 | 2) => number): After => [make(0), make(1), make(2)]

const alternativesOf = (node: RegexNode): RegexNode[] => {
  if (node.kind === 'alt') return node.items.flatMap(alternativesOf)
  return node.kind === 'group' && node.item.kind === 'alt' ? alternativesOf(node.item) : [node]
}

/** True when no match can begin anywhere but at the start of the key. */
export const beginsAtStart = (node: RegexNode): boolean => {
  switch (node.kind) {
    case 'assert':
      return node.at === 'start'
    case 'group':
      return beginsAtStart(node.item)
    case 'alt':
      return node.items.length > 0 && node.items.every(beginsAtStart)
    case 'repeat':
      return node.min > 0 && beginsAtStart(node.item)
    case 'cat':
      return catBegins(node.items, beginsAtStart)
    case 'class':
      return false
  }
}

// Assertions before it change nothing: they take no byte.
const catBegins = (items: readonly RegexNode[], test: (node: RegexNode) => boolean): boolean => {
  for (const item of items) {
    if (test(item)) return true
    if (item.kind !== 'assert') return false
  }
  return false
}

/** True when every match takes a byte before it looks around or ends. */
const beginsWithByte = (node: RegexNode): boolean => {
  switch (node.kind) {
    case 'class':
      return true
    case 'assert':
      return false
    case 'group':
      return beginsWithByte(node.item)
    case 'alt':
      return node.items.every(beginsWithByte)
    case 'repeat':
      return node.min > 0 && beginsWithByte(node.item)
    case 'cat':
      return startsCat(node.items)
  }
}

const startsCat = (items: readonly RegexNode[]): boolean => {
  for (const item of items) {
    if (beginsWithByte(item)) return true
    // An optional item without assertions may be left out: the next one decides.
    if (!nullable(item) || someNode(item, inner => inner.kind === 'assert')) return false
  }
  return false
}
