// Ages in the bins that qshape(1) uses: minutes that double, so that a young burst and an old backlog both show.

/** Upper ends of the bins in seconds; the last bin has none. */
export const AGE_LIMITS_SECONDS: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 640, 1280].map(minutes => minutes * 60)

/** How many bins. */
export const AGE_BINS = AGE_LIMITS_SECONDS.length + 1

/** Returns the bin of an age in seconds, 0 to AGE_BINS - 1; an age below 0 (a clock set back) is young. */
export const ageBin = (seconds: number): number => {
  const bin = AGE_LIMITS_SECONDS.findIndex(limit => seconds < limit)
  return bin === -1 ? AGE_BINS - 1 : bin
}

/** Headings of the bins as qshape prints them, in minutes. */
export const AGE_HEADINGS: readonly string[] = [...AGE_LIMITS_SECONDS.map(seconds => `${seconds / 60}`), '1280+']

/** The bins for people: `< 5m`, `5m - 10m` and so on. */
export const AGE_LABELS: readonly string[] = [
  '< 5m',
  '5m - 10m',
  '10m - 20m',
  '20m - 40m',
  '40m - 1h 20m',
  '1h 20m - 2h 40m',
  '2h 40m - 5h 20m',
  '5h 20m - 10h 40m',
  '10h 40m - 21h 20m',
  '> 21h 20m',
]
