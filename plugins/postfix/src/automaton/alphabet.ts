// Bytes that no pattern tells apart are one letter: the automaton works on a few dozen letters instead of 255 bytes.
import {type ByteSet, hasByte, setKey} from '../regex/byte-set.js'
import {NEWLINE, WORD} from '../regex/posix-class.js'

/** What an assertion can ask of a neighbouring place. START and END stand for the two ends of the key. */
export const NEIGHBOUR = {start: 0, newline: 1, word: 2, other: 3, end: 4} as const

export interface Alphabet {
  /** Number of letters. */
  readonly size: number
  /** Letter of each byte; -1 for NUL, which no key holds. */
  readonly letterOf: Int16Array
  /** One byte of each letter, printable where there is one. */
  readonly byteOf: Uint8Array
  /** NEIGHBOUR.newline, word or other of each letter. */
  readonly kindOf: Uint8Array
  /** Letters of each set given to buildAlphabet, by its place there. */
  readonly lettersOf: readonly Int32Array[]
}

// Witnesses are read by people: lowercase letters and digits first, control characters and high bytes last.
const PREFERENCE = [...Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789@.-_+ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'latin1')]
for (let byte = 0x21; byte < 0x7f; byte++) if (!PREFERENCE.includes(byte)) PREFERENCE.push(byte)

/**
 * Makes the coarsest alphabet that keeps the given sets, newline, and (`wordLooks`) word bytes apart.
 * Sets must differ from each other.
 */
export const buildAlphabet = (sets: readonly ByteSet[], {wordLooks}: {wordLooks: boolean}): Alphabet => {
  const ids = new Int32Array(256)
  let count = refine(ids, NEWLINE, 1)
  if (wordLooks) count = refine(ids, WORD, count)
  for (const set of sets) count = refine(ids, set, count)
  return finish(ids, sets)
}

const refine = (ids: Int32Array, set: ByteSet, count: number): number => {
  const split = new Map<number, number>()
  let next = count
  const outside = new Set<number>()
  for (let byte = 1; byte < 256; byte++) if (!hasByte(set, byte)) outside.add(ids[byte]!)
  for (let byte = 1; byte < 256; byte++) {
    const id = ids[byte]!
    if (!hasByte(set, byte) || !outside.has(id)) continue
    const fresh = split.get(id) ?? next++
    split.set(id, fresh)
    ids[byte] = fresh
  }
  return next
}

const finish = (ids: Int32Array, sets: readonly ByteSet[]): Alphabet => {
  const letterOf = new Int16Array(256).fill(-1)
  const bytes: number[] = []
  const letters = new Map<number, number>()
  const order = [...PREFERENCE, ...Array.from({length: 255}, (_, at) => at + 1)]
  for (const byte of order) {
    const known = letters.get(ids[byte]!)
    letterOf[byte] = known ?? bytes.length
    if (known !== undefined) continue
    letters.set(ids[byte]!, bytes.length)
    bytes.push(byte)
  }
  const byteOf = Uint8Array.from(bytes)
  const kindOf = byteOf.map(byte =>
    byte === 0x0a ? NEIGHBOUR.newline : hasByte(WORD, byte) ? NEIGHBOUR.word : NEIGHBOUR.other,
  )
  const lettersOf = sets.map(set => Int32Array.from([...byteOf.keys()].filter(letter => hasByte(set, byteOf[letter]!))))
  return {size: bytes.length, letterOf, byteOf, kindOf, lettersOf}
}

/** Gives every different set a number, by identity first because literals share their sets. */
export class SetNumbers {
  readonly sets: ByteSet[] = []
  private readonly byIdentity = new Map<ByteSet, number>()
  private readonly byKey = new Map<string, number>()

  number(set: ByteSet): number {
    const known = this.byIdentity.get(set)
    if (known !== undefined) return known
    const key = setKey(set)
    const number = this.byKey.get(key) ?? this.sets.length
    if (number === this.sets.length) {
      this.sets.push(set)
      this.byKey.set(key, number)
    }
    this.byIdentity.set(set, number)
    return number
  }
}
