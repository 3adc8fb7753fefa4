// Spans of time as options write them: 90m, 36h, 2d, 1w, 1d12h.

const SPAN = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/

/** Seconds of a span, the larger unit first; null for what is none, or is too long to be counted exactly. */
export const durationSeconds = (text: string): number | null => {
  const parts = text === '' ? null : SPAN.exec(text)
  if (parts === null) return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(part => Number(part ?? 0))
  const sum = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
  return Number.isSafeInteger(sum) ? sum : null
}
