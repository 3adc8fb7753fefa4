// Reads a pattern as PCRE2 10.42 does (pcre2_compile.c parse_regex), into the common tree.
import {complementSet, fullSet, literalSet, setOf} from '../../regex/byte-set.js'
import {alt, assertion, type Assertion, bytes, cat, EMPTY, type RegexNode} from '../../regex/node.js'
import {
  OpaqueError,
  type OpaqueReason,
  type ParsedPattern,
  PATTERN_LIMITS,
  PatternError,
  type PatternLimits,
} from '../../regex/parsed-pattern.js'
import {NEWLINE} from '../../regex/posix-class.js'
import {posixSyntax, readClass} from './class.js'
import {PCRE_ERROR} from './error.js'
import {readEscape} from './escape.js'
import {readGroup} from './group.js'
import {PcreInput} from './input.js'
import type {PcreOptions} from './options.js'
import {readQuantifier, WORD_LOOKS} from './quantifier.js'
import {SHORTHANDS} from './shorthand.js'

/** PCRE2's parens_nest_limit. */
const NESTING = 250
/** Where reading stopped early the number of groups is unknown: PCRE2's own bound, so that no $n is called wrong. */
const GROUPS_UNKNOWN = 65_535

/**
 * Reads a pattern (latin1 text, one char a byte) as pcre2_compile(3) would, without UTF. What is not regular is opaque;
 * `certain` is false where PCRE2 might also reject it for a reason not looked at here.
 */
export const parsePcre = (
  pattern: string,
  options: PcreOptions,
  limits: PatternLimits = PATTERN_LIMITS,
): ParsedPattern => {
  if (pattern.length > limits.patternBytes) return tooBig
  const parser = new PcreParser(pattern, options, Math.min(NESTING, limits.nesting))
  try {
    const node = parser.parse()
    const {groups, opaque, uncertain} = parser
    if (opaque !== undefined) return {kind: 'opaque', reason: opaque, groups, certain: !uncertain}
    return {kind: 'regular', node, groups}
  } catch (error) {
    // What pcre2_compile(3) would return, or what is not analysed; anything else is a bug.
    if (error instanceof PatternError) return {kind: 'invalid', message: error.message}
    if (error instanceof OpaqueError)
      return {kind: 'opaque', reason: error.reason, groups: GROUPS_UNKNOWN, certain: false}
    throw error
  }
}

const tooBig: ParsedPattern = {kind: 'opaque', reason: 'too-big', groups: GROUPS_UNKNOWN, certain: false}

/** The state of one reading; the readers of groups and quantifiers work on it. */
export class PcreParser {
  readonly input: PcreInput
  options: PcreOptions
  groups = 0
  /** First reason found to leave this pattern to the engine. */
  opaque: OpaqueReason | undefined
  /** True when the engine could still reject what was marked opaque. */
  uncertain = false
  readonly names = new Set<string>()
  private readonly nesting: number
  private depth = 0
  private highestReference = 0

  constructor(pattern: string, options: PcreOptions, nesting: number) {
    this.input = new PcreInput(pattern)
    this.options = options
    this.nesting = nesting
  }

  parse(): RegexNode {
    const node = this.alternation()
    if (!this.input.atEnd) throw new PatternError(PCRE_ERROR.closeParen)
    if (this.highestReference > this.groups) throw new PatternError(PCRE_ERROR.reference)
    return this.options.anchored ? cat([assertion('start'), node]) : node
  }

  mark(reason: OpaqueReason, uncertain = false): void {
    this.opaque ??= reason
    this.uncertain ||= uncertain
  }

  /** Reads the inside of a group and its `)`. @param onBranch told before each branch, for (?| */
  body(onBranch?: () => void): RegexNode {
    if (++this.depth > this.nesting) throw new PatternError(PCRE_ERROR.nesting)
    const outer = this.options
    const node = this.alternation(onBranch)
    if (!this.input.accept(')')) throw new PatternError(PCRE_ERROR.missingParen)
    this.options = outer
    this.depth--
    return node
  }

  private alternation(onBranch?: () => void): RegexNode {
    const branches: RegexNode[] = []
    do {
      onBranch?.()
      branches.push(this.branch())
    } while (this.input.accept('|'))
    return alt(branches)
  }

  private branch(): RegexNode {
    const items: RegexNode[] = []
    let repeatable = false
    for (;;) {
      this.skip()
      const {input} = this
      if (input.atEnd) break
      if (input.quoted) {
        items.push(this.literal(input.take()))
        repeatable = true
        continue
      }
      if (input.peek() === '|' || input.peek() === ')') break
      const quantified = readQuantifier(this, repeatable ? items.at(-1) : undefined)
      if (quantified !== undefined) {
        items[items.length - 1] = quantified
        repeatable = false
        continue
      }
      const item = this.item()
      repeatable = item?.repeatable ?? false
      if (item !== undefined) items.push(item.node)
    }
    return cat(items)
  }

  /** Skips what does not even come between an item and its quantifier: \Q, \E, comments, blanks under `x`. */
  skip(): void {
    const {input} = this
    for (;;) {
      if (input.quoted) {
        if (!input.accept('\\E')) return
        input.quoted = false
      } else if (input.accept('\\Q')) input.quoted = true
      else if (input.accept('\\E')) continue
      else if (this.options.extended && input.match(/[\t\n\v\f\r \x85]+|#[^\n]*\n?/y) !== '') continue
      else if (input.pattern.startsWith('(?#', input.position)) this.comment()
      else return
    }
  }

  private comment(): void {
    const end = this.input.pattern.indexOf(')', this.input.position + 3)
    if (end < 0) throw new PatternError(PCRE_ERROR.comment)
    this.input.position = end + 1
  }

  private item(): {node: RegexNode; repeatable: boolean} | undefined {
    const char = this.input.take()
    switch (char) {
      case '\\':
        return this.escape()
      case '[':
        return this.bracket()
      case '(':
        return readGroup(this)
      case '.':
        return {node: bytes(this.options.dotall ? fullSet() : complementSet(NEWLINE)), repeatable: true}
      case '^':
        return {node: assertion(this.options.multiline ? 'line-start-inner' : 'start'), repeatable: false}
      case '$':
        return {node: assertion(this.dollar()), repeatable: false}
      default:
        return {node: this.literal(char), repeatable: true}
    }
  }

  private dollar(): Assertion {
    if (this.options.multiline) return 'line-end'
    return this.options.dollarEndonly ? 'end' : 'end-newline'
  }

  private literal(char: string): RegexNode {
    return this.byte(char.charCodeAt(0))
  }

  private byte(byte: number): RegexNode {
    return bytes(literalSet(byte, this.options.caseless ? 'caseless' : 'none'))
  }

  private bracket(): {node: RegexNode; repeatable: boolean} {
    const {input} = this
    if (input.accept('[:<:]]')) return {node: WORD_LOOKS[0]!, repeatable: true}
    if (input.accept('[:>:]]')) return {node: WORD_LOOKS[1]!, repeatable: true}
    if (posixSyntax(input) !== undefined)
      throw new PatternError(input.peek() === ':' ? PCRE_ERROR.posixOutside : PCRE_ERROR.collating)
    return {node: bytes(readClass(input, this.options)), repeatable: true}
  }

  private escape(): {node: RegexNode; repeatable: boolean} {
    const escape = readEscape(this.input, {inClass: false, groupsSoFar: this.groups})
    if (escape.kind === 'byte') return {node: this.byte(escape.byte), repeatable: true}
    if (escape.kind === 'back-reference') {
      this.highestReference = Math.max(this.highestReference, escape.group)
      this.mark('back-reference')
      return {node: EMPTY, repeatable: true}
    }
    const at = PLACES[escape.letter]
    if (at !== undefined) return {node: assertion(at), repeatable: false}
    return this.special(escape.letter)
  }

  private special(letter: string): {node: RegexNode; repeatable: boolean} {
    const set = SHORTHANDS.get(letter)
    if (set !== undefined) return {node: bytes(set), repeatable: true}
    switch (letter) {
      case 'N':
        return {node: bytes(complementSet(NEWLINE)), repeatable: true}
      case 'C':
        return {node: bytes(fullSet()), repeatable: true}
      case 'R':
        return {node: LINE_BREAK, repeatable: true}
      case 'K':
        this.mark('match-reset', true)
        return {node: EMPTY, repeatable: false}
      case 'X':
      case 'p':
      case 'P':
        throw new OpaqueError('unicode')
      default:
        throw new OpaqueError('back-reference')
    }
  }
}

const PLACES: Readonly<Record<string, Assertion>> = {
  A: 'start',
  G: 'start',
  Z: 'end-newline',
  z: 'end',
  b: 'word',
  B: 'not-word',
}

// \R is atomic: a carriage return before a newline takes the newline too, and never gives it back.
const LINE_BREAK: RegexNode = alt([
  cat([bytes(setOf('\r')), bytes(NEWLINE)]),
  bytes(setOf('\n\v\f\x85')),
  cat([bytes(setOf('\r')), assertion('not-before-newline')]),
])
