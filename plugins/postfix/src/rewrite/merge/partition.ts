// Which words may stand in one pattern: joined blindly, the states of a matcher multiply instead of adding up.
import type {Engine} from '../../table/pattern-use.js'
import {endsAnchored, loopPlaces, looksAround, startsAnchored} from '../words/shape.js'
import {isByte, type Symbols, type Word} from '../words/symbols.js'

const AT = 0x40
/** Fewer words than this of one domain share a pattern with other domains. */
const DOMAIN_WORDS = 8

/** Returns the words in parts, each fit for one pattern. The order of parts is that of their first words. */
export const partition = (words: readonly Word[], {engine, symbols}: {engine: Engine; symbols: Symbols}): Word[][] => {
  const parts = new Map<string, Word[]>()
  for (const word of words) add(parts, partKey(word, engine, symbols), word)
  return [...parts.values()].flatMap(part => byDomain(part, symbols))
}

const add = <K>(parts: Map<K, Word[]>, key: K, word: Word): void => {
  const known = parts.get(key)
  if (known === undefined) parts.set(key, [word])
  else known.push(word)
}

/**
 * Words that begin at the start and repeat at most once go their separate ways byte by byte. Others must agree up to
 * their last loop: only then is no more than one loop under way at a time.
 */
const partKey = (word: Word, engine: Engine, symbols: Symbols): string => {
  const loops = loopPlaces(word, symbols)
  const start = startsAnchored(word, symbols)
  const kind = `${start ? '^' : ''}${looksAround(word, symbols) ? 'w' : ''} `
  if (start && loops.length <= 1 && (engine === 'regexp' || loops[0] !== 1)) return kind
  return `${kind}${word.slice(0, (loops.at(-1) ?? -1) + 1)}`
}

/** One pattern a domain, unless domains have the same local parts or hardly any. */
const byDomain = (words: readonly Word[], symbols: Symbols): Word[][] => {
  const domains = new Map<Word, Word[]>()
  for (const word of words) {
    const at = lastAt(word, symbols)
    if (at === undefined || !endsAnchored(word, symbols)) return [[...words]]
    add(domains, word.slice(at), word)
  }
  const clusters = new Map<string, Word[]>()
  for (const [domain, mine] of domains) {
    const locals = mine.map(word => word.slice(0, word.length - domain.length)).toSorted()
    const key = mine.length < DOMAIN_WORDS ? '' : locals.join('\uffff')
    for (const word of mine) add(clusters, key, word)
  }
  return [...clusters.values()]
}

const lastAt = (word: Word, symbols: Symbols): number | undefined => {
  for (let at = word.length - 1; at >= 0; at--) if (isByte(symbols.at(word, at), AT)) return at
  return undefined
}
