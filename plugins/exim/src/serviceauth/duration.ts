// A span of time as it is typed: 90s, 10m, 1h.
import {OpsError} from 'mailops/core'

const SECONDS = {s: 1, m: 60, h: 3600} as const

/**
 * Seconds; a bare number is seconds.
 * @throws OpsError 64 `BAD_DURATION`
 */
export const parseDuration = (text: string, flag: string): number => {
  const [, digits, unit = 's'] = /^(\d{1,6})([smh])?$/.exec(text) ?? []
  if (digits === undefined)
    throw new OpsError('BAD_DURATION', `--${flag}: not a time: ${text}`, {
      exit: 'usage',
      hint: `--${flag} 10m, or 90s, 1h`,
    })
  return Number(digits) * SECONDS[unit as keyof typeof SECONDS]
}
