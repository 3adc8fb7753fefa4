// Alternatives in a tree that glibc compiles in k log k instead of k squared: bracketed in eights where there are many.
import {type RegexNode} from '../../regex/node.js'
import {alt} from '../../regex/node.js'

// regcomp.c hangs alternatives on a left-deep chain and copies the reachable nodes at every step of it.
const FLAT = 24
const ARITY = 8

/** Alternatives side by side; nesting is for later. */
export const alternatives = (branches: readonly RegexNode[]): RegexNode => alt(branches)

/** Returns the tree with every long row of alternatives bracketed in groups, for an engine that wants it so. */
export const nestAlternatives = (node: RegexNode): RegexNode => {
  switch (node.kind) {
    case 'alt':
      return {kind: 'alt', items: nested(node.items.map(nestAlternatives))}
    case 'cat':
      return {kind: 'cat', items: node.items.map(nestAlternatives)}
    case 'repeat':
    case 'group':
      return {...node, item: nestAlternatives(node.item)}
    default:
      return node
  }
}

const nested = (items: readonly RegexNode[]): readonly RegexNode[] => {
  if (items.length <= FLAT) return items
  const groups: RegexNode[] = []
  const size = Math.ceil(items.length / Math.ceil(items.length / ARITY))
  for (let at = 0; at < items.length; at += size) {
    const part = items.slice(at, at + size)
    groups.push(part.length === 1 ? part[0]! : {kind: 'group', index: 0, item: {kind: 'alt', items: part}})
  }
  return nested(groups)
}
