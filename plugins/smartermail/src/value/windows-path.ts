// Paths as Windows compares them: without case, both slashes alike; on any host.

/** True when both are one path to Windows; a trailing slash counts for nothing. */
export const samePath = (a: string, b: string): boolean => keyOf(a) === keyOf(b)

const isWindows = (path: string): boolean => /^(?:[A-Za-z]:|[\\/]{2})/.test(path)

/** What paths are compared by: equal for paths that name the same place. POSIX paths keep their case. */
export const keyOf = (path: string): string => {
  if (!isWindows(path)) return path.length > 1 ? path.replace(/\/+$/, '') : path
  const plain = path.replaceAll('/', '\\').replace(/^\\\\\?\\UNC\\/i, '\\\\').replace(/^\\\\\?\\/, '')
  return (plain.slice(0, 2) + plain.slice(2).replace(/\\+/g, '\\')).replace(/\\+$/, '').toLowerCase()
}

/** True when a path is the other or lies below it. */
export const isBelow = (path: string, above: string): boolean => {
  const key = keyOf(path)
  const top = keyOf(above)
  const separator = isWindows(above) ? '\\' : '/'
  return key === top || key.startsWith(top.endsWith(separator) ? top : `${top}${separator}`)
}

/** Its segments, without drive or root: `C:\a\b` gives `a`, `b`. */
export const segmentsOf = (path: string): string[] =>
  (isWindows(path) ? path.replace(/^(?:\\\\\?\\)?(?:[A-Za-z]:|[\\/]{2}[^\\/]+[\\/]+[^\\/]+)?/, '').split(/[\\/]+/) : path.split('/')).filter(
    segment => segment !== '',
  )

/** The last segment; '' for a root. */
export const lastSegment = (path: string): string => segmentsOf(path).at(-1) ?? ''

/** The directory above, without a trailing slash; the path itself for a root. */
export const parentOf = (path: string): string => {
  const bare = path.replace(/(?<=.)[\\/]+$/, '')
  const cut = isWindows(bare) ? Math.max(bare.lastIndexOf('\\'), bare.lastIndexOf('/')) : bare.lastIndexOf('/')
  if (segmentsOf(bare).length === 0) return bare
  return cut <= 0 ? '/' : bare.slice(0, cut)
}
