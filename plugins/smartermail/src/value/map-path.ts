// Moves paths in values from old prefixes to new ones: Windows rules, the longest prefix wins, every map on the old value.
import {OpsError} from 'mailops/core'

import {pathsIn, type FoundPath} from './path-in-value.js'
import {keyOf} from './windows-path.js'

/** One prefix and what replaces it. */
export interface PathMap {
  /** Without trailing slashes: `C:\SmarterMail`, `\\nas01\mail`, `C:`, `/var/lib/smartermail`. */
  readonly from: string
  readonly to: string
}

const PREFIX = /^(?:[A-Za-z]:|\\\\[^\\/]|\/)/
const DRIVE_RELATIVE = /^[A-Za-z]:[^\\/]/
const bare = (path: string): string => (path.length > 1 ? path.replace(/(?<=.)[\\/]+$/, '') : path)

/**
 * Reads `OLD=NEW`.
 * @throws OpsError 64 `BAD_MAP`
 */
export const parseMap = (text: string): PathMap => {
  const cut = text.indexOf('=')
  const [from, to] = [bare(text.slice(0, cut).trim()), bare(text.slice(cut + 1).trim())]
  const relative = [from, to].find(path => DRIVE_RELATIVE.test(path))
  if (relative !== undefined)
    throw new OpsError('BAD_MAP', `--map ${text}: ${relative} has no \\ behind the drive; a shell takes it away where the value is not quoted`, {
      exit: 'usage',
      hint: String.raw`--map 'C:\SmarterMail=D:\SmarterMail'`,
    })
  if (cut > 0 && PREFIX.test(from.replace(/^\/\//, '\\\\')) && PREFIX.test(to.replace(/^\/\//, '\\\\'))) return {from, to}
  throw new OpsError('BAD_MAP', `--map ${text}: OLD=NEW is wanted, both absolute paths, drives or shares`, {
    exit: 'usage',
    hint: String.raw`--map 'C:\SmarterMail=D:\SmarterMail'`,
  })
}

/**
 * Refuses maps that say two things of one prefix.
 * @throws OpsError 64 `BAD_MAP`
 */
export const checkMaps = (maps: readonly PathMap[]): void => {
  for (const [n, map] of maps.entries()) {
    const other = maps.slice(0, n).find(one => keyOf(one.from) === keyOf(map.from) && one.to !== map.to)
    if (other !== undefined)
      throw new OpsError('BAD_MAP', `--map gives ${map.from} two new places: ${other.to} and ${map.to}`, {exit: 'usage'})
  }
}

/** What became of a value. */
export interface Mapped {
  readonly after: string
  /** The maps that were used. */
  readonly used: readonly PathMap[]
  /** Paths that no map covers. */
  readonly unmapped: readonly string[]
  /** Why it cannot be told what is meant; then nothing was changed. */
  readonly ambiguous: string | null
}

const isPosix = (path: string): boolean => path.startsWith('/') && !path.startsWith('//')
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const patterns = new WeakMap<PathMap, RegExp>()

// Windows takes several separators for one, and compares letter by letter in upper case, as /i without /u does.
const patternOf = (map: PathMap): RegExp => {
  const known = patterns.get(map)
  if (known !== undefined) return known
  const posix = isPosix(map.from)
  const [, root = '', rest = ''] = /^([\\/]*)(.*)$/s.exec(map.from) ?? []
  const body = rest.split(posix ? /\/+/ : /[\\/]+/).map(literal).join(posix ? '/+' : String.raw`[\\/]+`)
  const head = root === '' ? '' : posix ? '/' : String.raw`[\\/]{2}`
  const pattern = new RegExp(`^${head}${body}`, posix ? '' : 'i')
  patterns.set(map, pattern)
  return pattern
}

type Boundary = 'yes' | 'no' | 'unclear'

/** Whether the prefix ends at the end of a name. */
const boundaryAt = (value: string, at: number, path: FoundPath): Boundary => {
  if (at >= path.end) return 'yes'
  const next = value[at]!
  if (next === '\\' || next === '/') return 'yes'
  if (/[,)']/.test(next) && !path.whole) return 'yes'
  // A blank may end the path or belong to a longer name: C:\SmarterMail /x, C:\SmarterMail Old.
  if (next !== ' ') return 'no'
  return !path.whole || /^\s+(?:[-/]\w|%)/.test(value.slice(at)) ? 'unclear' : 'no'
}

const separatorOf = (text: string): '\\' | '/' => {
  const first = /[\\/]/.exec(text.replace(/^(?:\\\\\?\\|[\\/]{2})/, ''))?.[0]
  return first === '/' || (first === undefined && text.startsWith('//')) ? '/' : '\\'
}

/** The replacement of one path, in the separators that the old one had; Windows to POSIX and back flips them all. */
const moved = (old: string, length: number, {from, to}: PathMap): string => {
  const rest = old.slice(length)
  // A drive for a drive stays one; a directory does not become one: C:\Mail on D: is D:\.
  if (rest === '' && /^[A-Za-z]:$/.test(to) && !/^[A-Za-z]:$/.test(from)) return to + (isPosix(from) ? '\\' : separatorOf(old))
  if (isPosix(to)) return isPosix(from) ? join(to, rest) : join(to, rest.replaceAll('\\', '/'))
  if (isPosix(from)) return join(to, rest.replaceAll('/', '\\'))
  return join(separatorOf(old) === '/' ? to.replaceAll('\\', '/') : to.replaceAll('/', '\\'), rest)
}

const join = (to: string, rest: string): string => (to === '/' && rest !== '' ? rest : to + rest)

interface Hit {
  readonly map: PathMap
  /** Of the old prefix in the value, without \\?\. */
  readonly length: number
}

const EXTENDED = /^\\\\\?\\(?:UNC\\)?/i

const hitOf = (value: string, path: FoundPath, maps: readonly PathMap[]): Hit | 'unclear' | null => {
  const text = value.slice(path.start, path.end)
  const skip = EXTENDED.exec(text)?.[0].length ?? 0
  // \\?\UNC\server is \\server.
  const share = skip > 4 ? '\\\\' : ''
  let best: Hit | null = null
  let unclear = false
  for (const map of maps) {
    if (map.from.length <= (best?.map.from.length ?? 0)) continue
    const match = patternOf(map).exec(share + text.slice(skip))
    if (match === null) continue
    const length = skip + match[0].length - share.length
    const boundary = map.from === '/' ? 'yes' : boundaryAt(value, path.start + length, path)
    if (boundary === 'yes') best = {map, length}
    if (boundary === 'unclear') unclear = true
  }
  return best ?? (unclear ? 'unclear' : null)
}

const replaced = (value: string, path: FoundPath, {map, length}: Hit): string => {
  const text = value.slice(path.start, path.end)
  const skip = EXTENDED.exec(text)?.[0] ?? ''
  if (skip === '') return moved(text, length, map)
  // The long form stays, with what it needs for a share or a drive; POSIX has none.
  const to = moved(text.slice(skip.length), length - skip.length, map)
  if (isPosix(to)) return to
  return to.startsWith('\\\\') ? `\\\\?\\UNC\\${to.slice(2)}` : `\\\\?\\${to}`
}

// Between two quotes of a kind: where it ends is plain, blanks or not.
const isQuoted = (value: string, {start, end}: FoundPath): boolean => /["']/.test(value[start - 1] ?? '') && value[start - 1] === value[end]

/** Applies maps to all paths in a value, each to the old value only, so that C to D and D to C change places. */
export const mapValue = (value: string, maps: readonly PathMap[]): Mapped => {
  const paths = pathsIn(value)
  const used: PathMap[] = []
  const unmapped: string[] = []
  let after = ''
  let taken = 0
  for (const path of paths) {
    const hit = hitOf(value, path, maps)
    const text = value.slice(path.start, path.end)
    if (hit === 'unclear') return {after: value, used: [], unmapped: [], ambiguous: `where ${text} ends cannot be told`}
    if (hit === null) {
      unmapped.push(text)
      continue
    }
    if (isPosix(hit.map.to) && path.style === 'windows' && !path.whole && /\s/.test(text) && !isQuoted(value, path))
      return {after: value, used: [], unmapped: [], ambiguous: `how much of ${text} is the path cannot be told`}
    after += value.slice(taken, path.start) + replaced(value, path, hit)
    taken = path.end
    used.push(hit.map)
  }
  return {after: after + value.slice(taken), used, unmapped, ambiguous: fileUrl(value, maps)}
}

// A URL has escapes and slashes of its own.
const fileUrl = (value: string, maps: readonly PathMap[]): string | null => {
  if (!value.includes(':/')) return null
  const match = /file:\/{2,3}([A-Za-z]:[^"'\s]*|[^"'\s/]+\/[^"'\s]*)/i.exec(value)
  if (match === null) return null
  const path = decodeURIComponentOr(match[1]!)
  const full = /^[A-Za-z]:/.test(path) ? path : `//${path}`
  return mapValue(full, maps).used.length > 0 ? 'it is a file: URL' : null
}

const decodeURIComponentOr = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray percent sign: taken as it is written
  }
}
