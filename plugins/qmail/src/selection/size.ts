// Sizes as options write them: 10k, 1M, 2G, in powers of 1024.
import {usageError} from './usage-error.js'

const EXPONENT: Readonly<Record<string, number>> = {'': 0, k: 1, m: 2, g: 3, t: 4}

/**
 * Takes a size and the option's name and returns bytes; USAGE if it is none. k, M, G and T, in either case, are 1024,
 * 1024^2 and so on; without a unit it is bytes; `1.5M` is allowed.
 */
export const parseSize = (text: string, option: string): number => {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)$/i.exec(text)
  const unit = match?.[2]?.toLowerCase() ?? ''
  const bytes = match === null ? Number.NaN : Math.floor(Number(match[1]) * 1024 ** EXPONENT[unit]!)
  if (!Number.isSafeInteger(bytes) || (unit === '' && text.includes('.')))
    throw usageError(option, text, 'not a size', 'write bytes, or k, M or G (powers of 1024): 10k, 1M, 2G')
  return bytes
}
