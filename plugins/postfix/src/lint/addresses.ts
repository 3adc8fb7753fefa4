// Address patterns that match more than the address: no ^ or no $.
import {hasByte, members} from '../regex/byte-set.js'
import {type RegexNode, someNode} from '../regex/node.js'
import type {PatternUse} from '../table/pattern-use.js'
import type {Trap} from './traps.js'

const AT = 0x40

/** Looks at a pattern that is used for addresses. */
export const addressTraps = ({parsed, negated}: PatternUse): Trap[] => {
  if (parsed.kind !== 'regular' || negated || !someNode(parsed.node, isAt) || someNode(parsed.node, isOfHeader)) return []
  const open = [
    ...(edge(parsed.node, 'first') === 'text' ? ['begins with more'] : []),
    ...(edge(parsed.node, 'last') === 'text' ? ['goes on behind'] : []),
  ]
  if (open.length === 0) return []
  const anchors = [open.includes('begins with more') ? '^' : '', open.includes('goes on behind') ? '$' : ''].filter(Boolean)
  return [
    [
      'unanchored-address',
      {message: `also matches an address that ${open.join(' or ')}`, hint: `add ${anchors.join(' and ')}, or .* if that is meant`},
    ],
  ]
}

/** What stands in headers and text around an address, and not in one: no use of the table need be known to see that. */
const isOfHeader = (node: RegexNode): boolean =>
  node.kind === 'class' && [...' :<'].some(char => hasByte(node.set, char.charCodeAt(0))) && members(node.set).length === 1

const isAt = (node: RegexNode): boolean => node.kind === 'class' && hasByte(node.set, AT) && members(node.set).length === 1

/** More than one character, and none of a name: [!%@]. */
const isSigns = (node: RegexNode): boolean => node.kind === 'class' && members(node.set).length > 1 && members(node.set).every(byte => !/[a-z0-9]/i.test(String.fromCharCode(byte)))

/**
 * What a pattern begins or ends with. An @ at the beginning means every address of a domain, one at the end a name at
 * every domain, and a set of signs is looked for wherever it stands; whatever repeats without end was left open on purpose.
 */
const edge = (node: RegexNode, side: 'first' | 'last'): 'closed' | 'open' | 'text' => {
  switch (node.kind) {
    case 'assert':
      return 'closed'
    case 'class':
      return isAt(node) || isSigns(node) ? 'open' : 'text'
    case 'group':
      return edge(node.item, side)
    case 'repeat':
      return node.max === Infinity ? 'open' : edge(node.item, side)
    case 'alt': {
      const edges = node.items.map(item => edge(item, side))
      return edges.includes('text') ? 'text' : edges.includes('open') ? 'open' : 'closed'
    }
    case 'cat': {
      const item = side === 'first' ? node.items[0] : node.items.at(-1)
      return item === undefined ? 'open' : edge(item, side)
    }
  }
}
