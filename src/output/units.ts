// Bytes, durations and counts as people read them.

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** 1536 as `1.5 kB`; steps of 1024. */
export const bytesText = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1023.95 && unit < BYTE_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`
}

const TIME_UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const

/** Seconds as their two largest units: `3d 4h`, `12m 5s`, `41s`; a negative span keeps its sign. */
export const durationText = (seconds: number): string => {
  if (seconds < 0) return `-${durationText(-seconds)}`
  const whole = Math.floor(seconds)
  for (const [index, [unit, size]] of TIME_UNITS.entries()) {
    if (whole < size) continue
    const [nextUnit, nextSize] = TIME_UNITS[index + 1] ?? (['s', 1] as const)
    const rest = Math.floor((whole % size) / nextSize)
    return `${Math.floor(whole / size)}${unit}${rest > 0 ? ` ${rest}${nextUnit}` : ''}`
  }
  return `${whole}s`
}

/** A whole number: 1234567 as `1,234,567`. Not by toLocaleString, whose first call takes 20 ms. */
export const countText = (count: number): string => String(count).replace(/(?<=\d)(?=(?:\d{3})+$)/g, ',')

/** `1 message`, `1,204 messages`; the plural is the singular with an s unless given. */
export const plural = (count: number, singular: string, many = `${singular}s`): string =>
  `${countText(count)} ${count === 1 ? singular : many}`
