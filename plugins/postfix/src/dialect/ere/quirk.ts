// Finds what glibc's matcher does not treat as the language the pattern writes down, so that nobody proves with it.
import {type RegexNode, someNode} from '../../regex/node.js'
import type {OpaqueReason} from '../../regex/parsed-pattern.js'

/**
 * Returns why the tree must be left to the engine, undefined when glibc matches exactly its language.
 *
 * A repetition other than * and ? is written out in copies, whose nodes regcomp.c marks as duplicated; calc_eclosure_iter
 * then takes the constraint of an anchor in front of them for handed on already, and the anchor is lost: /(\bb){2}/
 * matches bb.
 */
export const findQuirk = (node: RegexNode): OpaqueReason | undefined =>
  someNode(node, inner => inner.kind === 'repeat' && isCopied(inner) && someNode(inner.item, isAnchor)) ? 'engine-quirk' : undefined

const isCopied = ({min, max}: RegexNode & {kind: 'repeat'}): boolean => max > 1 && !(min === 0 && max === Infinity)

const isAnchor = (node: RegexNode): boolean => node.kind === 'assert'
