// Whether an assertion holds at a place of a key.
import {hasByte} from '../regex/byte-set.js'
import type {Assertion} from '../regex/node.js'
import {WORD} from '../regex/posix-class.js'

const isWord = (key: string, at: number): boolean => at >= 0 && at < key.length && hasByte(WORD, key.charCodeAt(at))

/** True when the assertion holds in `key` (latin1 text) before the byte at `at`. */
export const holdsAt = (assertion: Assertion, key: string, at: number): boolean => {
  switch (assertion) {
    case 'start':
      return at === 0
    case 'end':
      return at === key.length
    case 'end-newline':
      return at === key.length || (at === key.length - 1 && key[at] === '\n')
    case 'line-start':
      return at === 0 || key[at - 1] === '\n'
    case 'line-start-inner':
      return at === 0 || (key[at - 1] === '\n' && at < key.length)
    case 'line-end':
      return at === key.length || key[at] === '\n'
    case 'word':
      return isWord(key, at - 1) !== isWord(key, at)
    case 'not-word':
      return isWord(key, at - 1) === isWord(key, at)
    case 'word-start':
      return !isWord(key, at - 1) && isWord(key, at)
    case 'word-end':
      return isWord(key, at - 1) && !isWord(key, at)
    case 'not-before-newline':
      return key[at] !== '\n'
  }
}
