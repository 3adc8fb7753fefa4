// A tree as a short program for the matcher: what to try, in the order the engine tries it.
import type {Assertion, RegexNode} from '../regex/node.js'
import type {ByteSet} from '../regex/byte-set.js'

export type Step =
  | {readonly do: 'byte'; readonly set: ByteSet}
  | {readonly do: 'assert'; readonly at: Assertion}
  /** Groups begin and end here: slot 2n is the start of group n, slot 2n + 1 its end. */
  | {readonly do: 'save'; readonly slot: number}
  /** Tries `first`, and `second` if that leads nowhere. */
  | {readonly do: 'fork'; first: number; second: number}
  | {readonly do: 'jump'; to: number}
  | {readonly do: 'match'}

export type Code = readonly Step[]

/** Returns the program of a tree, undefined when it would take more than `limit` steps. */
export const compileCode = (node: RegexNode, limit = 200_000): Code | undefined => {
  const writer = new CodeWriter(limit)
  return writer.write(node) ? [...writer.steps, {do: 'match'}] : undefined
}

class CodeWriter {
  readonly steps: Step[] = []
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  /** False when the limit is reached. */
  write(node: RegexNode): boolean {
    if (this.steps.length > this.limit) return false
    switch (node.kind) {
      case 'class':
        this.steps.push({do: 'byte', set: node.set})
        return true
      case 'assert':
        this.steps.push({do: 'assert', at: node.at})
        return true
      case 'cat':
        return node.items.every(item => this.write(item))
      case 'group':
        this.steps.push({do: 'save', slot: 2 * node.index})
        if (!this.write(node.item)) return false
        this.steps.push({do: 'save', slot: 2 * node.index + 1})
        return true
      case 'alt':
        return this.writeAlt(node.items)
      case 'repeat':
        return this.writeRepeat(node)
    }
  }

  private writeAlt(items: readonly RegexNode[]): boolean {
    const ends: {to: number}[] = []
    for (const [at, item] of items.entries()) {
      if (at === items.length - 1) {
        if (!this.write(item)) return false
        break
      }
      const fork = this.fork()
      if (!this.write(item)) return false
      const end = {do: 'jump' as const, to: 0}
      this.steps.push(end)
      ends.push(end)
      fork.second = this.steps.length
    }
    for (const end of ends) end.to = this.steps.length
    return true
  }

  private writeRepeat({item, min, max, lazy}: RegexNode & {kind: 'repeat'}): boolean {
    for (let times = 0; times < min; times++) if (!this.write(item)) return false
    if (max === Infinity) return this.writeStar(item, lazy)
    const forks: {first: number; second: number}[] = []
    for (let times = min; times < max; times++) {
      forks.push(this.fork())
      if (!this.write(item)) return false
    }
    for (const fork of forks) this.leave(fork, lazy)
    return true
  }

  private writeStar(item: RegexNode, lazy: boolean): boolean {
    const head = this.steps.length
    const fork = this.fork()
    if (!this.write(item)) return false
    this.steps.push({do: 'jump', to: head})
    this.leave(fork, lazy)
    return true
  }

  private fork(): {first: number; second: number} {
    const fork = {do: 'fork' as const, first: this.steps.length + 1, second: 0}
    this.steps.push(fork)
    return fork
  }

  private leave(fork: {first: number; second: number}, lazy: boolean): void {
    fork.second = this.steps.length
    if (lazy) [fork.first, fork.second] = [fork.second, fork.first]
  }
}
