// Reads what begins with ( as PCRE2 10.42 does: groups, options, lookaround, and all that is left to the engine.
import {EMPTY, type RegexNode} from '../../regex/node.js'
import {OpaqueError, PatternError} from '../../regex/parsed-pattern.js'
import {fixedWidth} from './fixed-width.js'
import {PCRE_ERROR} from './error.js'
import {applyLetters} from './options.js'
import type {PcreParser} from './parse.js'

type Item = {node: RegexNode; repeatable: boolean}

const NAME_BYTES = 32

/** Reads after `(`; undefined for what is no item, as `(?i)`. */
export const readGroup = (parser: PcreParser): Item | undefined => {
  const {input} = parser
  if (input.atEnd) throw new PatternError(PCRE_ERROR.missingParen)
  if (input.peek() === '*') return readVerb(parser)
  if (!input.accept('?')) return capture(parser)
  if (input.atEnd) throw new PatternError(PCRE_ERROR.missingParen)
  if (input.accept('>')) return opaque(parser, 'atomic')
  if (input.accept('=') || input.accept('!') || input.accept('*')) return opaque(parser, 'lookaround')
  if (input.accept('<=') || input.accept('<!') || input.accept('<*')) return lookbehind(parser)
  if (input.accept('P<') || input.accept('<')) return named(parser, '>')
  if (input.accept("'")) return named(parser, "'")
  if (input.accept('|')) return resetting(parser)
  if (input.peek() === '(') throw new OpaqueError('condition')
  if (input.peek() === 'C') throw new OpaqueError('callout')
  if (/^([R&+\d]|-\d|P[=>])/.test(input.peek() + input.peek(1))) throw new OpaqueError('recursion')
  return optionsGroup(parser)
}

const capture = (parser: PcreParser): Item => {
  if (parser.options.noAutoCapture) return {node: parser.body(), repeatable: true}
  const index = ++parser.groups
  return {node: {kind: 'group', item: parser.body(), index}, repeatable: true}
}

const opaque = (parser: PcreParser, reason: 'atomic' | 'lookaround'): Item => {
  parser.mark(reason)
  parser.body()
  return {node: EMPTY, repeatable: true}
}

const lookbehind = (parser: PcreParser): Item => {
  const node = parser.body()
  // Each alternative needs a fixed length, which is only known here when all of it was understood.
  const branches = node.kind === 'alt' ? node.items : [node]
  const certain = parser.opaque === undefined && branches.every(branch => fixedWidth(branch) !== undefined)
  parser.mark('lookaround', !certain)
  return {node: EMPTY, repeatable: true}
}

const named = (parser: PcreParser, terminator: string): Item => {
  const {input} = parser
  if (/\d/.test(input.peek())) throw new PatternError(PCRE_ERROR.nameStart)
  const name = input.match(/\w*/y)
  if (name.length > NAME_BYTES) throw new PatternError(PCRE_ERROR.nameLength)
  if (name === '') throw new PatternError(PCRE_ERROR.nameExpected)
  if (!input.accept(terminator)) throw new PatternError(PCRE_ERROR.nameEnd)
  // Names of (?| groups may repeat for the same number; what else PCRE2 checks then is left to it.
  if (parser.names.has(name)) {
    if (!parser.options.duplicateNames) parser.mark('engine-quirk', true)
  }
  parser.names.add(name)
  const index = ++parser.groups
  return {node: {kind: 'group', item: parser.body(), index}, repeatable: true}
}

/** `(?|`: the groups of each branch begin with the same number. */
const resetting = (parser: PcreParser): Item => {
  const first = parser.groups
  let highest = first
  const node = parser.body(() => {
    highest = Math.max(highest, parser.groups)
    parser.groups = first
  })
  parser.groups = Math.max(highest, parser.groups)
  return {node, repeatable: true}
}

const optionsGroup = (parser: PcreParser): Item | undefined => {
  const {input} = parser
  const letters = input.match(/[^:)]*/y)
  const options = applyLetters(parser.options, letters)
  if (options === undefined) throw new PatternError(PCRE_ERROR.afterQuestion)
  if (input.accept(')')) {
    parser.options = options
    return undefined
  }
  if (!input.accept(':')) throw new PatternError(PCRE_ERROR.missingParen)
  const outer = parser.options
  parser.options = options
  const node = parser.body()
  parser.options = outer
  return {node, repeatable: true}
}

const readVerb = (parser: PcreParser): Item | undefined => {
  const after = parser.input.peek(1)
  // PCRE2 then sees a quantifier with nothing before it.
  if (after === '' || after === ')') return undefined
  throw new OpaqueError(/[a-z]/.test(after) ? 'lookaround' : 'verb')
}
