// Times as they are shown.

/** Takes seconds since 1970, returns ISO 8601 in UTC, null for 0. */
export const isoTime = (seconds: number): string | null =>
  seconds > 0 ? `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z` : null

const two = (value: number): string => String(value).padStart(2, '0')

/** Takes seconds since 1970, returns `2026-03-03 09:45:15` in this machine's zone, as Exim's logs have it. */
export const localTime = (seconds: number): string => {
  const date = new Date(seconds * 1000)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
