// What a word looks like from outside: where it is anchored, where it repeats, what it looks around for.
import {hasByte, members} from '../../regex/byte-set.js'
import type {RegexNode} from '../../regex/node.js'
import type {Symbols, Word} from './symbols.js'

/** A repetition that can go on for long: the states behind it multiply where several are under way at once. */
const isLoop = (node: RegexNode): boolean =>
  node.kind === 'alt' || node.kind === 'cat' || (node.kind === 'repeat' && (node.max === Infinity || node.max > 16))

/** Returns the places of the loops of a word. */
export const loopPlaces = (word: Word, symbols: Symbols): number[] => {
  const places: number[] = []
  for (let at = 0; at < word.length; at++) if (isLoop(symbols.at(word, at))) places.push(at)
  return places
}

export const startsAnchored = (word: Word, symbols: Symbols): boolean => isAssertion(word, 0, 'start', symbols)

export const endsAnchored = (word: Word, symbols: Symbols): boolean =>
  isAssertion(word, word.length - 1, 'end', symbols) || isAssertion(word, word.length - 1, 'end-newline', symbols)

const isAssertion = (word: Word, at: number, wanted: string, symbols: Symbols): boolean => {
  if (at < 0 || at >= word.length) return false
  const node = symbols.at(word, at)
  return node.kind === 'assert' && node.at === wanted
}

/** True when the word asks for more of its surroundings than the ends of the key: glibc then keeps bigger states. */
export const looksAround = (word: Word, symbols: Symbols): boolean => {
  for (let at = 0; at < word.length; at++) {
    const node = symbols.at(word, at)
    if (node.kind !== 'assert') continue
    const atEdge = (at === 0 && node.at === 'start') || (at === word.length - 1 && node.at.startsWith('end'))
    if (!atEdge) return true
  }
  return false
}

/** True when every symbol but the anchors at the ends is one byte, in one case or both. */
export const isLiteral = (word: Word, symbols: Symbols): boolean => {
  for (let at = 0; at < word.length; at++) {
    const node = symbols.at(word, at)
    if (node.kind === 'assert' && (at === 0 || at === word.length - 1)) continue
    if (node.kind !== 'class' || members(node.set).length > 2) return false
  }
  return true
}

/** True when the class of the symbol takes a newline; of anything but a class, too: it might. */
export const takesNewline = (node: RegexNode): boolean => node.kind !== 'class' || hasByte(node.set, 0x0a)
