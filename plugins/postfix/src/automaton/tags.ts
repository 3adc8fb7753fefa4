// Numbers for answers, shared by all machines of one question so that equal numbers mean equal answers.
import {NO_ANSWER} from './ruleset.js'

/** An answer that hangs on opaque languages: the first rule whose literals hold gives its tag, else `otherwise`. */
export interface OpenDecision {
  readonly rules: readonly {readonly literals: readonly string[]; readonly tag: number}[]
  readonly otherwise: number
}

export class Tags {
  /** The number of NO_ANSWER. */
  static readonly none = 0
  private readonly names: string[] = [NO_ANSWER]
  private readonly numbers = new Map<string, number>([[NO_ANSWER, 0]])
  private readonly open = new Map<string, number>()

  number(tag: string): number {
    return this.intern(this.numbers, tag, tag)
  }

  /** Returns the tag of a number; for an open decision, a text that says it is one. */
  name(number: number): string {
    return this.names[number]!
  }

  /** True for the number of an answer that an opaque language decides. */
  isOpen(number: number): boolean {
    return this.names[number]!.startsWith('\0')
  }

  /** Returns one number for decisions that are written the same after what cannot matter is left out. */
  decision({rules, otherwise}: OpenDecision): number {
    const kept: {literals: readonly string[]; tag: number}[] = []
    for (const {literals, tag} of rules) {
      const sorted = [...new Set(literals)].toSorted()
      // Never true, or only where an earlier rule is true already.
      if (sorted.some(literal => sorted.includes(`!${literal}`))) continue
      if (kept.some(earlier => earlier.literals.every(literal => sorted.includes(literal)))) continue
      kept.push({literals: sorted, tag})
    }
    while (kept.length > 0 && kept.at(-1)!.tag === otherwise) kept.pop()
    if (kept.length === 0) return otherwise
    const key = JSON.stringify([kept.map(rule => [rule.literals, rule.tag]), otherwise])
    return this.intern(this.open, key, `\0${key}`)
  }

  private intern(numbers: Map<string, number>, key: string, name: string): number {
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, this.names.length)
    return this.names.push(name) - 1
  }
}
