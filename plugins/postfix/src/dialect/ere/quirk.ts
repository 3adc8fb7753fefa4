// Finds what glibc's matcher does not treat as the language the pattern writes down, so that nobody proves with it.
import type {RegexNode} from '../../regex/node.js'
import type {OpaqueReason} from '../../regex/parsed-pattern.js'

/** Returns why the tree must be left to the engine, undefined when glibc matches exactly its language. */
export const findQuirk = (_node: RegexNode): OpaqueReason | undefined => undefined
