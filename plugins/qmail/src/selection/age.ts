// Ages as options write them: 90m, 36h, 2d, 1w, 1d12h.
import {usageError} from './usage-error.js'

const SECONDS: Readonly<Record<string, number>> = {w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1}

/** Takes an age (w, d, h, m, s, the larger unit first) and the option's name, returns seconds; USAGE if it is none. */
export const parseAge = (text: string, option: string): number => {
  const hint = 'write an age with units, the larger first: 90m, 36h, 2d, 1w or 1d12h'
  if (!/^(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/.test(text) || text === '')
    throw usageError(option, text, /^\d+$/.test(text) ? 'an age without a unit' : 'not an age', hint)
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([wdhms])/g)) seconds += Number(count) * SECONDS[unit!]!
  if (!Number.isSafeInteger(seconds)) throw usageError(option, text, 'too long an age', hint)
  return seconds
}
