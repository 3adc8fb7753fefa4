// Reads a POSIX pattern as glibc 2.36's regcomp(3) does (regcomp.c parse_*), into the common tree.
import {
  type ByteSet,
  complementSet,
  fullSet,
  literalSet,
  minusSet,
  singleSet,
  upcasedInto,
} from '../../regex/byte-set.js'
import {alt, assertion, bytes, cat, EMPTY, type RegexNode, repeat} from '../../regex/node.js'
import {
  OpaqueError,
  type OpaqueReason,
  type ParsedPattern,
  PATTERN_LIMITS,
  PatternError,
  type PatternLimits,
} from '../../regex/parsed-pattern.js'
import {NEWLINE, SPACE, WORD} from '../../regex/posix-class.js'
import {readBracket} from './bracket.js'
import {readCount} from './count.js'
import {ERE_ERROR} from './error.js'
import {findQuirk} from './quirk.js'
import {EreInput, type EreOptions, type EreToken} from './token.js'

export type {EreOptions} from './token.js'

/**
 * Reads a pattern (latin1 text, one char a byte) as regcomp(3) would. Invalid patterns carry regerror's text; back
 * references are opaque, and so is what glibc itself gets wrong.
 */
export const parseEre = (
  pattern: string,
  options: EreOptions,
  limits: PatternLimits = PATTERN_LIMITS,
): ParsedPattern => {
  if (pattern.length > limits.patternBytes) return {kind: 'opaque', reason: 'too-big', groups: 0, certain: false}
  const parser = new EreParser(new EreInput(pattern, options), limits)
  try {
    const node = parser.parse()
    const reason = parser.opaque ?? findQuirk(node)
    if (reason !== undefined) return {kind: 'opaque', reason, groups: parser.groups, certain: true}
    return {kind: 'regular', node, groups: parser.groups}
  } catch (error) {
    // What regcomp(3) would return, or a bound of ours; anything else is a bug.
    if (error instanceof PatternError) return {kind: 'invalid', message: error.message}
    if (error instanceof OpaqueError) return {kind: 'opaque', reason: error.reason, groups: 0, certain: false}
    throw error
  }
}

const REPEATS: ReadonlySet<EreToken['kind']> = new Set(['star', 'plus', 'question', 'open-count'])

class EreParser {
  groups = 0
  opaque: OpaqueReason | undefined
  private readonly input: EreInput
  private readonly limits: PatternLimits
  private token: EreToken
  private completed = new Set<number>()

  constructor(input: EreInput, limits: PatternLimits) {
    this.input = input
    this.limits = limits
    this.token = input.next(true)
  }

  parse(): RegexNode {
    return this.alternation(0)
  }

  private advance(caretHere = false): void {
    this.token = this.input.next(caretHere)
  }

  private alternation(nest: number): RegexNode {
    if (nest > this.limits.nesting) throw new OpaqueError('too-big')
    const before = this.completed
    const items = [this.branch(nest)]
    while (this.token.kind === 'alt') {
      this.advance(true)
      // A branch sees no group of another branch, what follows sees those of all.
      const accumulated = this.completed
      this.completed = new Set(before)
      items.push(this.ends(nest) ? EMPTY : this.branch(nest))
      this.completed = new Set([...accumulated, ...this.completed])
    }
    return alt(items)
  }

  private ends(nest: number): boolean {
    const {kind} = this.token
    return kind === 'alt' || kind === 'end' || (nest > 0 && kind === 'close')
  }

  private branch(nest: number): RegexNode {
    const items: RegexNode[] = []
    while (!this.ends(nest)) items.push(this.expression(nest))
    return cat(items)
  }

  private expression(nest: number): RegexNode {
    const {token} = this
    if (token.kind === 'anchor') {
      this.advance()
      // No repetition binds to an anchor: what follows is an expression of its own, and wrong if it is an operator.
      return assertion(token.at)
    }
    let node = this.atom(token, nest)
    this.advance()
    for (let stacked = 0; REPEATS.has(this.token.kind); stacked++) {
      if (stacked > this.limits.nesting) throw new OpaqueError('too-big')
      node = this.repetition(node)
      const {kind} = this.token
      if (!this.input.options.extended && (kind === 'star' || kind === 'open-count'))
        throw new PatternError(ERE_ERROR.repeat)
    }
    return node
  }

  private atom(token: EreToken, nest: number): RegexNode {
    switch (token.kind) {
      case 'char':
        return bytes(literalSet(token.byte, this.input.options.icase ? 'upcased' : 'none'))
      case 'open':
        return this.group(nest + 1)
      case 'bracket':
        return bytes(readBracket(this.input))
      case 'back-reference':
        return this.backReference(token.group)
      case 'dot':
        return bytes(this.input.options.newline ? complementSet(NEWLINE) : fullSet())
      case 'class':
        return bytes(this.shorthand(token.name))
      case 'backslash':
        throw new PatternError(ERE_ERROR.escape)
      default:
        return this.misplaced(token)
    }
  }

  private misplaced(token: EreToken): RegexNode {
    const {extended} = this.input.options
    if (token.kind === 'close') {
      if (!extended) throw new PatternError(ERE_ERROR.closeParen)
      return bytes(singleSet(0x29))
    }
    const operator = REPEATS.has(token.kind)
    if (operator && (extended || token.kind === 'open-count')) throw new PatternError(ERE_ERROR.repeat)
    return bytes(singleSet((token as {byte: number}).byte))
  }

  private subject(set: ByteSet): ByteSet {
    return this.input.options.icase ? upcasedInto(set) : set
  }

  private shorthand(name: 'w' | 'W' | 's' | 'S'): ByteSet {
    const set = name === 'w' || name === 'W' ? WORD : SPACE
    return this.subject(name === 'w' || name === 's' ? set : minusSet(fullSet(), set))
  }

  private backReference(group: number): RegexNode {
    if (!this.completed.has(group)) throw new PatternError(ERE_ERROR.backReference)
    this.opaque ??= 'back-reference'
    return EMPTY
  }

  private group(nest: number): RegexNode {
    const index = ++this.groups
    this.advance(true)
    const item = this.token.kind === 'close' ? EMPTY : this.alternation(nest)
    if (this.token.kind !== 'close') throw new PatternError(ERE_ERROR.paren)
    this.completed.add(index)
    return {kind: 'group', item, index}
  }

  private repetition(item: RegexNode): RegexNode {
    const {kind} = this.token
    const counts =
      kind === 'open-count'
        ? readCount(() => this.input.next())
        : {min: kind === 'plus' ? 1 : 0, max: kind === 'question' ? 1 : Infinity}
    this.advance()
    return counts.max === 0 ? EMPTY : repeat(item, counts)
  }
}
