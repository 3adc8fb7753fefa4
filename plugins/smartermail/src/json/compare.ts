// Compares two parsed JSON documents, so that an edit shows in its own place and nowhere else.

type Json = null | boolean | number | string | Json[] | {[member: string]: Json}

const isObject = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value)

// A second member of the same name hides the first from JSON.parse; the scanner has compared both.
const hiddenBy = (planned: ReadonlySet<string>): Set<string> =>
  new Set([...planned].flatMap(pointer => (/#\d+(?:\/|$)/.test(pointer) ? [pointer.replace(/#\d+(?:\/.*)?$/s, '')] : [])))

/**
 * Pointer of the first value outside `planned` in which two documents differ; null when there is none.
 * @param planned JSON pointers; what is at them is not compared
 */
export const sameButFor = (before: unknown, after: unknown, planned: ReadonlySet<string>): string | null =>
  firstOdd(before, after, {skip: new Set([...planned, ...hiddenBy(planned)]), pointer: ''})

const firstOdd = (before: unknown, after: unknown, {skip, pointer}: {skip: ReadonlySet<string>; pointer: string}): string | null => {
  if (skip.has(pointer)) return null
  const at = (key: string): string => `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [n, value] of before.entries()) {
      const odd = firstOdd(value, after[n], {skip, pointer: at(String(n))})
      if (odd !== null) return odd
    }
    return null
  }
  if (!isObject(before) || !isObject(after)) return Object.is(before, after) ? null : pointer
  const keys = Object.keys(before)
  const others = Object.keys(after)
  if (keys.length !== others.length || keys.some((key, n) => key !== others[n])) return pointer
  for (const key of keys) {
    const odd = firstOdd(before[key], after[key], {skip, pointer: at(key)})
    if (odd !== null) return odd
  }
  return null
}
