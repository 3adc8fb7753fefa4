// Sets of bytes, the letters of every pattern here: Postfix matches bytes in the C locale, so 256 bits are an alphabet.

/** 256 bits in eight words, bit b of word b >> 5. Never changed once another value holds it. */
export type ByteSet = Uint32Array

/** Returns a set of no byte. */
export const emptySet = (): ByteSet => new Uint32Array(8)

/** Returns the set of all 256 bytes. */
export const fullSet = (): ByteSet => new Uint32Array(8).fill(0xffffffff)

/** Returns the set of the bytes from `first` to `last`, both included. */
export const rangeSet = (first: number, last: number): ByteSet => {
  const set = emptySet()
  for (let byte = first; byte <= last; byte++) addByte(set, byte)
  return set
}

/** Returns the set of one byte. */
export const singleSet = (byte: number): ByteSet => rangeSet(byte, byte)

/** Returns the set of the bytes of a latin1 text. */
export const setOf = (text: string): ByteSet => {
  const set = emptySet()
  for (let at = 0; at < text.length; at++) addByte(set, text.charCodeAt(at))
  return set
}

/** Adds a byte in place; for the maker of a set, before anybody else holds it. */
export const addByte = (set: ByteSet, byte: number): void => {
  set[byte >> 5]! |= 1 << (byte & 31)
}

/** True when the set has the byte. */
export const hasByte = (set: ByteSet, byte: number): boolean => ((set[byte >> 5]! >>> (byte & 31)) & 1) === 1

/** Returns the bytes of either set. */
export const unionSet = (a: ByteSet, b: ByteSet): ByteSet => a.map((word, at) => word | b[at]!)

/** Returns the bytes of both sets. */
export const intersectSet = (a: ByteSet, b: ByteSet): ByteSet => a.map((word, at) => word & b[at]!)

/** Returns the bytes that are not in the set. */
export const complementSet = (set: ByteSet): ByteSet => set.map(word => ~word)

/** Returns the bytes of `a` that are not in `b`. */
export const minusSet = (a: ByteSet, b: ByteSet): ByteSet => a.map((word, at) => word & ~b[at]!)

/** True when no byte is in the set. */
export const isEmptySet = (set: ByteSet): boolean => set.every(word => word === 0)

/** True when no byte is in both. Asked millions of times: without a set or a call for each word. */
export const areDisjoint = (a: ByteSet, b: ByteSet): boolean => {
  for (let at = 0; at < 8; at++) if ((a[at]! & b[at]!) !== 0) return false
  return true
}

/** True when both hold the same bytes. */
export const sameSet = (a: ByteSet, b: ByteSet): boolean => a.every((word, at) => word === b[at])

/** True when every byte of `a` is in `b`. */
export const withinSet = (a: ByteSet, b: ByteSet): boolean => a.every((word, at) => (word & ~b[at]!) === 0)

/** Returns the bytes of the set in ascending order. */
export const members = (set: ByteSet): number[] => {
  const bytes: number[] = []
  for (let byte = 0; byte < 256; byte++) if (hasByte(set, byte)) bytes.push(byte)
  return bytes
}

/** Returns a text that is equal for equal sets only. */
export const setKey = (set: ByteSet): string => set.join()

const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a
const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a

/** toupper(3) in the C locale: only ASCII letters have a case. */
export const upperByte = (byte: number): number => (isLower(byte) ? byte - 32 : byte)

/** tolower(3) in the C locale. */
export const lowerByte = (byte: number): number => (isUpper(byte) ? byte + 32 : byte)

/** Returns the set with the other case of each of its letters: what PCRE2_CASELESS makes of a class. */
export const bothCases = (set: ByteSet): ByteSet => {
  const both = set.slice()
  for (const byte of members(set)) {
    addByte(both, upperByte(byte))
    addByte(both, lowerByte(byte))
  }
  return both
}

/**
 * Returns the bytes whose upper case form is in the set: glibc's REG_ICASE upcases the subject and compares it with
 * what the pattern says, so a set that only has a lower case letter matches nothing.
 */
export const upcasedInto = (set: ByteSet): ByteSet => {
  const accepted = emptySet()
  for (let byte = 0; byte < 256; byte++) if (hasByte(set, upperByte(byte))) addByte(accepted, byte)
  return accepted
}

const PLAIN: readonly ByteSet[] = Array.from({length: 256}, (_, byte) => singleSet(byte))
const CASELESS: readonly ByteSet[] = PLAIN.map(bothCases)
const UPCASED: readonly ByteSet[] = PLAIN.map(upcasedInto)

/** Returns the set of one byte, always the same object: as it is, in both cases, or as glibc's REG_ICASE compares. */
export const literalSet = (byte: number, folding: 'none' | 'caseless' | 'upcased'): ByteSet =>
  (folding === 'none' ? PLAIN : folding === 'caseless' ? CASELESS : UPCASED)[byte]!
