// Writes a set of bytes as [..], so that either engine reads exactly that set back.
import {
  addByte,
  bothCases,
  type ByteSet,
  complementSet,
  hasByte,
  minusSet,
  sameSet,
  withinSet,
} from '../../regex/byte-set.js'
import {POSIX_CLASSES, SPACE} from '../../regex/posix-class.js'
import {PrintError, type PrintTarget} from './target.js'

const SPECIAL = '[]^-\\'

/** Returns the shorter of [..] and [^..]. PrintError when neither can be written. */
export const printBracket = (set: ByteSet, target: PrintTarget): string => {
  if (target.icase && !sameSet(withoutNul(set), withoutNul(bothCases(set))))
    throw new PrintError('one case of a letter only')
  const [positive, negative] = [listing(set, target), listing(complementSet(set), target)]
  const texts = [
    ...(positive === undefined || positive === '' ? [] : [`[${positive}]`]),
    ...(negative === undefined || negative === '' ? [] : [`[^${negative}]`]),
  ].toSorted((a, b) => cost(a) - cost(b))
  if (texts[0] === undefined) throw new PrintError('a newline among other bytes')
  return texts[0]
}

/** Bytes that people do not type cost more than their length. */
const cost = (text: string): number => text.length + 10 * (text.match(/[^ -~]/g) ?? []).length

const withoutNul = (set: ByteSet): ByteSet => minusSet(set, Uint32Array.of(1, 0, 0, 0, 0, 0, 0, 0))

/** The inside of a bracket; undefined where a newline stands among bytes that no class name covers (regexp: only). */
const listing = (set: ByteSet, target: PrintTarget): string | undefined => {
  let rest = withoutNul(set)
  let names = ''
  if (target.engine === 'regexp' && hasByte(rest, 0x0a)) {
    const name = withinSet(SPACE, rest)
      ? 'space'
      : withinSet(withoutNul(POSIX_CLASSES.get('cntrl')!), rest)
        ? 'cntrl'
        : undefined
    if (name === undefined) return undefined
    names = `[:${name}:]`
    rest = minusSet(rest, POSIX_CLASSES.get(name)!)
  }
  const items = runs(rest, target)
  return target.engine === 'regexp' ? posixOrder(names, items) : names + items.map(item => pcreItem(item)).join('')
}

/** First and last byte of each range to be written; one byte is a range of itself. */
type Run = readonly [number, number]

const runs = (set: ByteSet, {engine, icase}: PrintTarget): Run[] => {
  const items: Run[] = []
  for (let first = 1; first < 256; first++) {
    if (!hasByte(set, first)) continue
    let last = first
    while (last < 255 && hasByte(set, last + 1)) last++
    const parts = icase ? splitAtLetters([first, last]) : [[first, last] as Run]
    items.push(...parts.flatMap(part => short(part, engine)))
    first = last
  }
  return items
}

const SEGMENTS: readonly Run[] = [
  [1, 0x40],
  [0x41, 0x5a],
  [0x5b, 0x60],
  [0x61, 0x7a],
  [0x7b, 0xff],
]

/**
 * Where case is folded a range may hold all letters or begin and end among letters, but not begin with a letter and end
 * elsewhere: glibc upcases both ends. Upper case letters are left out, lower case stands for both.
 */
const splitAtLetters = ([first, last]: Run): Run[] => {
  if (first < 0x41 && last > 0x7a) return [[first, last]]
  return SEGMENTS.filter(([from]) => from !== 0x41)
    .map(([from, to]): Run => [Math.max(first, from), Math.min(last, to)])
    .filter(([from, to]) => from <= to)
}

/** Writes two neighbours as two, and in regexp: takes bytes that mean something in brackets off the ends of ranges. */
const short = ([first, last]: Run, engine: PrintTarget['engine']): Run[] => {
  const special = (byte: number): boolean => engine === 'regexp' && SPECIAL.includes(String.fromCharCode(byte))
  if (first > last) return []
  if (special(first)) return [[first, first], ...short([first + 1, last], engine)]
  if (special(last)) return [...short([first, last - 1], engine), [last, last]]
  if (last - first < 2)
    return first === last
      ? [[first, first]]
      : [
          [first, first],
          [last, last],
        ]
  return [[first, last]]
}

/** No escapes in POSIX brackets: ] comes first, ^ not first, [ before nothing that makes it a name, - last. */
const posixOrder = (names: string, items: readonly Run[]): string => {
  const lone = (char: string): boolean => items.some(([first, last]) => first === last && first === char.charCodeAt(0))
  const plain = items
    .filter(([first, last]) => first !== last || !'[]^-'.includes(String.fromCharCode(first)))
    .map(([first, last]) => String.fromCharCode(first) + (first === last ? '' : `-${String.fromCharCode(last)}`))
    .join('')
  const before = (lone(']') ? ']' : '') + names + plain
  const after = (lone('[') ? '[' : '') + (lone('^') ? '^' : '')
  // A lone ^ would negate where it comes first: then the hyphen, if any, goes before it.
  if (before === '' && after.startsWith('^')) return lone('-') ? `-${after}` : caretAlone()
  return before + after + (lone('-') ? '-' : '')
}

const caretAlone = (): string => {
  // [[.^.]] is the only bracket that holds nothing but a caret.
  return '[.^.]'
}

const pcreItem = ([first, last]: Run): string => pcreByte(first) + (first === last ? '' : `-${pcreByte(last)}`)

const pcreByte = (byte: number): string => {
  const char = String.fromCharCode(byte)
  if (SPECIAL.includes(char)) return `\\${char}`
  if (byte === 0x0a) return '\\n'
  return byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : char
}

/** True for the set of all bytes, and of all but the newline; NUL in or out. */
export const isAny = (set: ByteSet, butNewline = false): boolean => {
  const whole = set.slice()
  addByte(whole, 0)
  if (butNewline && hasByte(set, 0x0a)) return false
  if (butNewline) addByte(whole, 0x0a)
  return whole.every(word => word === 0xffffffff)
}
