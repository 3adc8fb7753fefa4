// Regular expressions of other programs' whitelists as patterns with `*`, which no name can keep busy for long.

/** What a regular expression comes to; `isWider`: some names match that the expression would not take. */
export interface Globs {
  readonly globs: readonly string[]
  readonly isWider: boolean
}

/** More alternatives than that are no list that a person wrote. */
const MOST = 64

/** A part of an expression: the texts that may stand there. */
interface Piece {
  readonly texts: readonly string[]
  readonly isWider: boolean
}

const ANY: Piece = {texts: ['*'], isWider: true}

class Unknown extends Error {}

/** The members of `[...]`, one by one; null for a set that is better written `*`. */
const membersOf = (set: string): string[] | null => {
  if (!/^(?:\w(?!-\w)|\w-\w|-$|^-)+$/.test(set)) return null
  const all: string[] = []
  for (const [, low = '', high = low] of set.matchAll(/(\w)(?:-(\w))?|-/g)) {
    if (low === '') all.push('-')
    else for (let code = low.charCodeAt(0); code <= high.charCodeAt(0); code++) all.push(String.fromCharCode(code))
  }
  return all.length <= 4 ? all : null
}

/** Takes an expression apart from left to right. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  /** Alternatives up to the end, or to the bracket that closes them. */
  alternatives(): Piece {
    const all = [this.#sequence()]
    while (this.#takes('|')) all.push(this.#sequence())
    return {texts: all.flatMap(({texts}) => texts), isWider: all.some(({isWider}) => isWider)}
  }

  #takes(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #sequence(): Piece {
    let texts: readonly string[] = ['']
    let isWider = false
    while (!this.isAtEnd && !/[|)]/.test(this.#text[this.#at] ?? '')) {
      const piece = this.#quantified(this.#atom())
      texts = texts.flatMap(head => piece.texts.map(tail => head + tail))
      if (texts.length > MOST) throw new Unknown()
      isWider ||= piece.isWider
    }
    return {texts, isWider}
  }

  #atom(): Piece {
    if (this.#takes('(?:') || this.#takes('(')) {
      if (this.#takes('?')) throw new Unknown()
      const inner = this.alternatives()
      if (!this.#takes(')')) throw new Unknown()
      return inner
    }
    const [whole = ''] = /^(?:\\[dDwWsS]|\\[^a-zA-Z0-9]|\[[^\]]+\]|[^\\[\](){}*+?|])/.exec(this.#text.slice(this.#at)) ?? []
    if (whole === '') throw new Unknown()
    this.#at += whole.length
    if (/^\\[a-zA-Z]$/.test(whole)) return ANY
    if (whole.startsWith('[')) {
      const members = membersOf(whole.slice(1, -1))
      return members === null ? ANY : {texts: members, isWider: false}
    }
    if (/^[\^$]$/.test(whole)) return {texts: [whole === '^' ? '\u0002' : '\u0003'], isWider: false}
    if (whole === '.') return this.#dot()
    return {texts: [whole.startsWith('\\') ? whole.slice(1) : whole], isWider: false}
  }

  /** A dot that nobody escaped, between two labels, was meant as the dot of a name; elsewhere it stands for anything. */
  #dot(): Piece {
    const [before = '', after = ''] = [this.#text[this.#at - 2], this.#text[this.#at]]
    if (/[*+?{]/.test(after)) return {texts: ['*'], isWider: false}
    return /[\w)\]}*+?]/.test(before) && /[\w([]/.test(after) ? {texts: ['.'], isWider: false} : ANY
  }

  #quantified(piece: Piece): Piece {
    const [sign = ''] = /^(?:[*+?]|\{\d*,?\d*\})[?+]?/.exec(this.#text.slice(this.#at)) ?? []
    this.#at += sign.length
    if (sign === '') return piece
    const isDot = piece.texts.length === 1 && piece.texts[0] === '*' && !piece.isWider
    if (isDot) return {texts: ['*'], isWider: !sign.startsWith('*')}
    if (sign.startsWith('?')) return {texts: ['', ...piece.texts], isWider: piece.isWider}
    return ANY
  }
}

/** Anchors, which may only stand at the ends, become ends; where there is none anything may stand. */
const anchored = (text: string): string => {
  const bare = text.replace(/^\u0002+/, '').replace(/\u0003+$/, '')
  if (/[\u0002\u0003]/.test(bare)) throw new Unknown()
  return `${text.startsWith('\u0002') ? '' : '*'}${bare}${text.endsWith('\u0003') ? '' : '*'}`.replace(/\*{2,}/g, '*')
}

/** A pattern that takes more than the expression must at least name one domain, behind which only what the expression leaves open may stand. */
const isNarrow = (glob: string): boolean => /[^*.]\.[^*.]{2,}\*?$/.test(glob)

/**
 * The patterns of a regular expression, in lower case.
 * @param source without its slashes
 * @returns null for what cannot be said with `*`: look-around, back references, a set of names without a domain at its end
 */
export const globsOf = (source: string): Globs | null => {
  try {
    const reader = new Reader(source)
    const {texts, isWider} = reader.alternatives()
    if (!reader.isAtEnd) return null
    const globs = [...new Set(texts.map(text => anchored(text).toLowerCase()))]
    return isWider && !globs.every(isNarrow) ? null : {globs, isWider}
  } catch (error) {
    if (error instanceof Unknown) return null
    throw error
  }
}
