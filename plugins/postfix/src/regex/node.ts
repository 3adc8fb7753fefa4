// The one tree that both dialects are read into: a regular language over bytes, with the groups kept for $n.
import {type ByteSet, emptySet} from './byte-set.js'

/**
 * What must hold between two bytes. Each looks at most at the byte before and the byte after, so an automaton can
 * decide all of them.
 * - start, end: of the key · end-newline: end, or before a final newline (`$` of PCRE2)
 * - line-start, line-end: also after, before any newline (REG_NEWLINE, PCRE2_MULTILINE)
 * - line-start-inner: as line-start, but not at the very end of the key (`^` of PCRE2_MULTILINE)
 * - word, not-word: `\b`, `\B` · word-start, word-end: `\<`, `\>`
 * - not-before-newline: the next byte is no newline; what is left of `\R` after a lone carriage return
 */
export type Assertion =
  | 'start'
  | 'end'
  | 'end-newline'
  | 'line-start'
  | 'line-start-inner'
  | 'line-end'
  | 'word'
  | 'not-word'
  | 'word-start'
  | 'word-end'
  | 'not-before-newline'

export type RegexNode =
  | {readonly kind: 'class'; readonly set: ByteSet}
  | {readonly kind: 'cat'; readonly items: readonly RegexNode[]}
  | {readonly kind: 'alt'; readonly items: readonly RegexNode[]}
  | {
      readonly kind: 'repeat'
      readonly item: RegexNode
      readonly min: number
      readonly max: number
      readonly lazy: boolean
    }
  | {readonly kind: 'group'; readonly item: RegexNode; readonly index: number}
  | {readonly kind: 'assert'; readonly at: Assertion}

/** Matches the empty text. */
export const EMPTY: RegexNode = {kind: 'cat', items: []}

/** Matches nothing. */
export const NEVER: RegexNode = {kind: 'class', set: emptySet()}

/** One byte of the set. */
export const bytes = (set: ByteSet): RegexNode => ({kind: 'class', set})

/** One place where the assertion holds. */
export const assertion = (at: Assertion): RegexNode => ({kind: 'assert', at})

/** One after the other; flattened, so that trees of a long literal stay shallow. */
export const cat = (items: readonly RegexNode[]): RegexNode => {
  const flat = items.flatMap(item => (item.kind === 'cat' ? item.items : [item]))
  return flat.length === 1 ? flat[0]! : {kind: 'cat', items: flat}
}

/** One or another, in this order where order matters (captures). No item at all matches nothing. */
export const alt = (items: readonly RegexNode[]): RegexNode => {
  if (items.length === 0) return NEVER
  const flat = items.flatMap(item => (item.kind === 'alt' ? item.items : [item]))
  return flat.length === 1 ? flat[0]! : {kind: 'alt', items: flat}
}

/** `min` to `max` times; `max` is Infinity where there is no bound. */
export const repeat = (
  item: RegexNode,
  {min, max, lazy = false}: {min: number; max: number; lazy?: boolean},
): RegexNode => (min === 1 && max === 1 ? item : {kind: 'repeat', item, min, max, lazy})

/** What a node directly contains. */
export const children = (node: RegexNode): readonly RegexNode[] => {
  switch (node.kind) {
    case 'cat':
    case 'alt':
      return node.items
    case 'repeat':
    case 'group':
      return [node.item]
    default:
      return []
  }
}

/** True when some node of the tree fulfils `test`. */
export const someNode = (node: RegexNode, test: (node: RegexNode) => boolean): boolean =>
  test(node) || children(node).some(child => someNode(child, test))

/** True when the node can match without taking a byte (assertions count as taking none). */
export const nullable = (node: RegexNode): boolean => {
  switch (node.kind) {
    case 'class':
      return false
    case 'assert':
      return true
    case 'cat':
      return node.items.every(nullable)
    case 'alt':
      return node.items.some(nullable)
    case 'group':
      return nullable(node.item)
    case 'repeat':
      return node.min === 0 || nullable(node.item)
  }
}

/** Returns the tree without its groups: the same language, nothing to capture. */
export const withoutGroups = (node: RegexNode): RegexNode => {
  switch (node.kind) {
    case 'group':
      return withoutGroups(node.item)
    case 'cat':
      return cat(node.items.map(withoutGroups))
    case 'alt':
      return alt(node.items.map(withoutGroups))
    case 'repeat':
      return {...node, item: withoutGroups(node.item)}
    default:
      return node
  }
}
