// Ages as options write them: 90m, 36h, 2d, 1w, 1d12h.
import {durationSeconds} from 'mailops/core'

import {usageError} from './usage-error.js'

/** Takes an age (w, d, h, m, s, the larger unit first) and the option's name, returns seconds; USAGE if it is none. */
export const parseAge = (text: string, option: string): number => {
  const seconds = durationSeconds(text)
  if (seconds !== null) return seconds
  const problem = /^\d+$/.test(text) ? 'an age without a unit' : 'not an age'
  throw usageError(option, text, problem, 'write an age with units, the larger first: 90m, 36h, 2d, 1w or 1d12h')
}
