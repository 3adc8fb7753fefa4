// Numbers that look random and are the same for the same seed on every machine (mulberry32)
// @ts-check

/**
 * @typedef {object} Random
 * @property {() => number} fraction  from 0 up to, not including, 1
 * @property {(limit: number) => number} below  a whole number from 0 up to, not including, limit
 * @property {(probability: number) => boolean} chance  true with this probability
 * @property {<T>(list: readonly T[]) => T} pick  one of a list that is not empty
 */

/**
 * A source of numbers that depends on the seed alone.
 * @param {number} seed a whole number below 2^32
 * @returns {Random} the source
 */
export const randomFrom = (seed) => {
  let state = seed >>> 0
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (/** @type {number} */ limit) => Math.floor(fraction() * limit)
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick: (list) => /** @type {any} */ (list[below(list.length)]),
  }
}
