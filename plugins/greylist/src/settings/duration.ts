// Spans of time as people write them: `60s`, `5m`, `24h`, `36d`, `1h30m`; a bare number is seconds.
import {OpsError} from 'mailops/core'

const UNITS: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000}

/** Ten years: more is a slip of the pen, and sums of it stay exact. */
const MOST = 3650 * 86_400_000

/**
 * Milliseconds of a span, or null for what is none.
 * @param text `90`, `90s`, `1h30m`, `36d`, `250ms`
 */
export const durationOrNull = (text: string): number | null => {
  const plain = text.trim().toLowerCase()
  if (/^\d{1,9}$/.test(plain)) return Math.min(Number(plain) * 1000, MOST)
  if (!/^(\d{1,9}(ms|[smhdw]))+$/.test(plain)) return null
  let sum = 0
  for (const [, number, unit] of plain.matchAll(/(\d+)(ms|[smhdw])/g)) sum += Number(number) * (UNITS[unit ?? 's'] ?? 0)
  return sum > MOST ? null : sum
}

/**
 * As `durationOrNull`, for what a person typed.
 * @throws OpsError 64 `USAGE` that names what it was for
 */
export const parseDuration = (text: string, what = 'a duration'): number => {
  const span = durationOrNull(text)
  if (span !== null) return span
  throw new OpsError('USAGE', `${what} '${text}': not a span of time`, {exit: 'usage', hint: 'write it as 60s, 5m, 24h, 36d or 1h30m'})
}
