// How long lookups take, in steps that compare between forms of the same table; not in seconds.
import {members} from '../regex/byte-set.js'
import type {RegexNode} from '../regex/node.js'
import type {PatternUse} from '../table/pattern-use.js'

/**
 * Nanoseconds on the machine they were measured on (regexec(3) of glibc 2.36, pcre2_match(3) of 10.42). Their ratios
 * are what counts.
 */
const COST = {
  /** One call of regexec(3) that ends at the first byte, and one byte walked or skipped. */
  regexpCall: 62,
  regexpByte: 4,
  /** One call of pcre2_match(3), one place that its start optimisation skips, one step of its interpreter. */
  pcreCall: 45,
  pcreSkip: 1,
  pcreStep: 6,
}

/** What a mail address looks like on average. */
const KEY_BYTES = 28

/** Relative cost of asking this pattern once about a key it does not match. */
export const missCost = ({parsed, dialect, text}: PatternUse): number => {
  const pcre = dialect.engine === 'pcre'
  if (parsed.kind !== 'regular') return (pcre ? COST.pcreCall : COST.regexpCall) + KEY_BYTES * text.length
  const {node} = parsed
  const places = beginsAnchored(node) ? 1 : KEY_BYTES
  if (!pcre) return COST.regexpCall + COST.regexpByte * (places === 1 ? 1 + depth(node) : places * (1 + depth(node)))
  const chance = firstChance(node)
  return COST.pcreCall + places * (COST.pcreSkip + chance * COST.pcreStep * steps(node))
}

/** True when a match can begin at the beginning of the key only. */
export const beginsAnchored = (node: RegexNode): boolean => {
  switch (node.kind) {
    case 'assert':
      return node.at === 'start'
    case 'cat':
      return node.items.length > 0 && beginsAnchored(node.items[0]!)
    case 'alt':
      return node.items.every(beginsAnchored)
    case 'group':
      return beginsAnchored(node.item)
    case 'repeat':
      return node.min > 0 && beginsAnchored(node.item)
    default:
      return false
  }
}

/** How often a byte of an address is in the set: letters of names are what addresses consist of. */
const chanceOf = (set: Uint32Array): number => Math.min(1, members(set).filter(byte => byte >= 0x2b && byte < 0x7f).length / 60)

/** The chance that a match gets past its first byte. */
const firstChance = (node: RegexNode): number => {
  switch (node.kind) {
    case 'class':
      return chanceOf(node.set)
    case 'assert':
      return 1
    case 'cat': {
      const first = node.items.find(item => item.kind !== 'assert')
      return first === undefined ? 1 : firstChance(first)
    }
    case 'alt':
      return Math.min(1, node.items.reduce((sum, item) => sum + firstChance(item), 0))
    case 'group':
      return firstChance(node.item)
    case 'repeat':
      return node.min === 0 ? 1 : firstChance(node.item)
  }
}

/** Steps of a backtracking matcher until it knows that nothing matches here. */
const steps = (node: RegexNode): number => {
  switch (node.kind) {
    case 'class':
    case 'assert':
      return 1
    case 'alt':
      return node.items.reduce((sum, item) => sum + 1 + steps(item), 0)
    case 'group':
      return 1 + steps(node.item)
    case 'repeat':
      return 1 + steps(node.item) * (node.max > 1 ? 3 : 1)
    case 'cat': {
      let sum = 0
      let chance = 1
      for (const item of node.items) {
        sum += chance * steps(item)
        chance *= item.kind === 'class' ? chanceOf(item.set) : firstChance(item)
        if (chance < 0.01) break
      }
      return sum
    }
  }
}

/** Bytes that glibc walks before it knows: little more than the first, deeper where anything may follow. */
const depth = (node: RegexNode): number => firstChance(node) * 2
