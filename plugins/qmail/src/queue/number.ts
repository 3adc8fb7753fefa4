// Message numbers: the inode number of mess/N, which names every other file of the message.

/** A number up to 2^53 - 1, a bigint above it up to 2^64 - 1 (unsigned long); equal numbers are always of one type. */
export type MessageNumber = number | bigint

const MAX_ULONG = 2n ** 64n - 1n
const DIGIT_0 = 48

/**
 * Takes a file name and returns its message number, undefined when it is none.
 * Stricter than scan_ulong.c: `007` and numbers that overflow would be read there as the number of another message,
 * and 0 is no inode number.
 */
export const parseNumber = (name: string): MessageNumber | undefined => {
  const length = name.length
  if (length === 0 || length > 20 || name.charCodeAt(0) === DIGIT_0) return undefined
  let value = 0
  for (let i = 0; i < length; i++) {
    const digit = name.charCodeAt(i) - DIGIT_0
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  if (length <= 15) return value
  const exact = BigInt(name)
  return exact > MAX_ULONG ? undefined : canonical(exact)
}

/** Takes any inode number, as `stat(..., {bigint: true})` gives it, and returns the form used here. */
export const canonical = (n: MessageNumber): MessageNumber =>
  typeof n === 'bigint' && n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n

/** Takes a number and the conf-split of the queue and returns the sub-directory N lives in (fmtqfn.c). */
export const splitOf = (n: MessageNumber, split: number): number =>
  typeof n === 'number' ? n % split : Number(n % BigInt(split))

/** Orders numbers ascending, of either type. */
export const compareNumbers = (a: MessageNumber, b: MessageNumber): number => (a < b ? -1 : a > b ? 1 : 0)

/** Returns the decimal form of a number, which is the file's name. */
export const formatNumber = (n: MessageNumber): string => String(n)
