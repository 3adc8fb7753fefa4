// How long the matches of a tree are, where all have one length: what PCRE2 asks of a lookbehind.
import type {RegexNode} from '../../regex/node.js'

/** Returns the only length a match can have, in bytes; undefined when there are several. */
export const fixedWidth = (node: RegexNode): number | undefined => {
  switch (node.kind) {
    case 'class':
      return 1
    case 'assert':
      return 0
    case 'group':
      return fixedWidth(node.item)
    case 'cat':
      return node.items.reduce<number | undefined>((sum, item) => plus(sum, fixedWidth(item)), 0)
    case 'alt': {
      const [first, ...rest] = node.items.map(fixedWidth)
      return rest.every(width => width === first) ? first : undefined
    }
    case 'repeat': {
      const width = fixedWidth(node.item)
      return node.min === node.max && width !== undefined ? width * node.min : undefined
    }
  }
}

const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b
