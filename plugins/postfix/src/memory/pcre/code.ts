// How many bytes PCRE2 compiles a pattern to (pcre2_compile.c, 8-bit library, LINK_SIZE 2).
import {members} from '../../regex/byte-set.js'
import {nullable, type RegexNode} from '../../regex/node.js'

const LINK = 2
const BRACKET = 1 + LINK
const CAPTURE_NUMBER = 2
const CLASS = 33

/** Bytes of code for a tree, the outermost bracket and OP_END included. */
export const pcreCodeBytes = (tree: RegexNode): number => 2 * BRACKET + 1 + alternatives(tree) + codeOf(tree)

/** An alternation at the top, or right in a group, needs no bracket of its own. */
const alternatives = (tree: RegexNode): number => (tree.kind === 'alt' ? (tree.items.length - 1) * BRACKET : 0)

const codeOf = (tree: RegexNode): number => {
  switch (tree.kind) {
    case 'class':
      return classBytes(tree)
    case 'assert':
      return 1
    case 'cat':
      return tree.items.reduce((sum, item) => sum + (item.kind === 'alt' ? bracketed(item, 0) : codeOf(item)), 0)
    case 'alt':
      return tree.items.reduce((sum, item) => sum + codeOf(item), 0)
    case 'group':
      return bracketed(tree.item, CAPTURE_NUMBER)
    case 'repeat':
      return repeatBytes(tree)
  }
}

const bracketed = (inner: RegexNode, number: number): number => 2 * BRACKET + number + alternatives(inner) + codeOf(inner)

const isCharacter = (size: number): boolean => size <= 2 || size >= 254

const classBytes = ({set}: RegexNode & {kind: 'class'}): number => {
  const size = members(set).length
  if (size === 256) return 1
  // A character, its two cases, or all but those.
  return isCharacter(size) ? 2 : CLASS
}

const repeatBytes = ({item, min, max}: RegexNode & {kind: 'repeat'}): number => {
  if (item.kind === 'class') return repeatedClass(item, min, max)
  const one = item.kind === 'group' ? codeOf(item) : bracketed(item, 0)
  // Copies: the required ones, and nested optional ones with a bracket around each.
  if (max === Infinity) return Math.max(1, min) * one + (min === 0 ? 1 : 0) + (nullable(item) ? 1 : 0)
  const optional = max - min
  return min * one + optional * (one + 1) + Math.max(0, optional - 1) * 2 * BRACKET
}

const repeatedClass = (item: RegexNode & {kind: 'class'}, min: number, max: number): number => {
  const bytes = classBytes(item)
  const simple = (min <= 1 && max === Infinity) || (min === 0 && max === 1)
  if (bytes === CLASS) return CLASS + (simple ? 1 : 1 + 2 * 2)
  if (simple) return bytes === 1 ? 2 : bytes
  const counted = bytes === 1 ? 4 : bytes + 2
  return (min > 0 ? (min === 1 ? bytes : counted) : 0) + (max === min ? 0 : max === Infinity ? Math.max(2, bytes) : counted)
}
