// Finds what glibc's matcher does not treat as the language the pattern writes down, so that nobody proves with it.
import {hasByte} from '../../regex/byte-set.js'
import {children, type RegexNode, someNode} from '../../regex/node.js'
import type {OpaqueReason} from '../../regex/parsed-pattern.js'

/**
 * Returns why the tree must be left to the engine, undefined when glibc matches exactly its language.
 *
 * A repetition other than * and ? is written out in copies, whose nodes regcomp.c marks as duplicated; then
 * calc_eclosure_iter takes the constraint of an anchor in front of them for handed on already, and the anchor is lost:
 * /(\bb){2}/ matches bb. And regexec.c builds its transitions as if REG_NEWLINE were on: inside a match, ^ holds
 * after a newline that the match took, $ before one that it takes next: /a$./ matches a newline after a.
 */
export const findQuirk = (node: RegexNode): OpaqueReason | undefined =>
  losesAnchor(node) || anchorsAtNewline(node, {before: false, after: false}) ? 'engine-quirk' : undefined

const losesAnchor = (node: RegexNode): boolean =>
  someNode(node, inner => inner.kind === 'repeat' && isCopied(inner) && someNode(inner.item, isAnchor))

const isCopied = ({min, max}: RegexNode & {kind: 'repeat'}): boolean => max > 1 && !(min === 0 && max === Infinity)

const isAnchor = (node: RegexNode): boolean => node.kind === 'assert'

/** Whether the match may take a newline before, after the node. */
interface Around {
  readonly before: boolean
  readonly after: boolean
}

const anchorsAtNewline = (node: RegexNode, around: Around): boolean => {
  if (node.kind === 'assert') return (node.at === 'start' && around.before) || (node.at === 'end' && around.after)
  if (node.kind === 'cat') return catAtNewline(node.items, around)
  const again = node.kind === 'repeat' && node.max > 1 && takesNewline(node.item)
  const inside = again ? {before: true, after: true} : around
  return children(node).some(child => anchorsAtNewline(child, inside))
}

const catAtNewline = (items: readonly RegexNode[], around: Around): boolean => {
  if (!items.some(item => someNode(item, isAnchor))) return false
  const takes = items.map(takesNewline)
  const first = takes.indexOf(true)
  const last = takes.lastIndexOf(true)
  return items.some((item, at) =>
    anchorsAtNewline(item, {before: around.before || (first >= 0 && first < at), after: around.after || last > at}),
  )
}

const takesNewline = (node: RegexNode): boolean =>
  someNode(node, inner => inner.kind === 'class' && hasByte(inner.set, 0x0a))
