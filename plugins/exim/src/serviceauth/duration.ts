// A span of time as it is typed: 90s, 10m, 1h30m, or seconds without a unit.
import {durationSeconds, OpsError} from 'mailops/core'

/**
 * Seconds; a bare number is seconds.
 * @throws OpsError 64 `BAD_DURATION`
 */
export const parseDuration = (text: string, flag: string): number => {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : durationSeconds(text)
  if (seconds !== null) return seconds
  throw new OpsError('BAD_DURATION', `--${flag}: not a time: ${text}`, {exit: 'usage', hint: `--${flag} 10m, or 90s, 1h30m`})
}
