// Walks a JSON text (RFC 8259) strictly: every value with the place where it is written. Never makes an object of it.
import type {Form, Group, Leaf, Span, Visitor} from '../document/leaf.js'
import {DocumentFlaw} from '../text/flaw.js'
import {placeOf} from '../text/position.js'

const MOST_DEPTH = 500
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const BLANK = /[ \t\r\n]*/y

interface Node {
  readonly parent: Node | null
  readonly key: string
  /** Name of the nearest object member: entries of an array are called by it. */
  readonly label: string
  readonly depth: number
}

const pointerOf = (node: Node): string => {
  const parts: string[] = []
  for (let at = node; at.parent !== null; at = at.parent) parts.push(at.key)
  return parts.toReversed().map(part => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

class Walk {
  readonly #file: string
  readonly #text: string
  readonly #visitors: readonly Visitor[]
  readonly #duplicate: (pointer: string, offset: number) => void
  #at = 0
  #index = 0

  constructor(file: string, text: string, options: WalkOptions) {
    this.#file = file
    this.#text = text
    this.#visitors = options.visitors
    this.#duplicate = options.duplicate ?? (() => undefined)
  }

  run(): number {
    this.#blank()
    this.#value({parent: null, key: '', label: '', depth: 0})
    this.#blank()
    if (this.#at < this.#text.length) throw this.#flaw('text after the end of the document')
    return this.#index
  }

  #value(node: Node): void {
    const first = this.#text[this.#at]
    if (node.depth > MOST_DEPTH) throw this.#flaw(`values are nested more than ${MOST_DEPTH} deep`, 'TOO_DEEP')
    if (first === '{') this.#object(node)
    else if (first === '[') this.#array(node)
    else if (first === '"') this.#leaf(node, 'string', this.#string())
    else this.#leaf(node, 'scalar', this.#match(SCALAR, 'a value was expected'))
  }

  #leaf(node: Node, form: Form, span: Span): void {
    const raw = this.#text.slice(span.start, span.end)
    const value = form === 'string' ? (JSON.parse(raw) as string) : raw
    const leaf: Leaf = {
      name: node.label, context: node.parent?.label ?? '', value, index: this.#index++, attribute: null,
      form: () => form, span: () => span, location: () => pointerOf(node),
    }
    for (const visitor of this.#visitors) visitor.leaf?.(leaf)
  }

  #object(node: Node): void {
    this.#open()
    // A Set, since a member may be called __proto__.
    const seen = new Map<string, number>()
    this.#list('}', () => {
      if (this.#text[this.#at] !== '"') throw this.#flaw('the name of a member was expected')
      const span = this.#string()
      const key = JSON.parse(this.#text.slice(span.start, span.end)) as string
      const times = (seen.get(key) ?? 0) + 1
      seen.set(key, times)
      // The second one of a name needs a location of its own; readers differ in which one they take.
      const child = {parent: node, key: times === 1 ? key : `${key}#${times}`, label: key, depth: node.depth + 1}
      if (times > 1) this.#duplicate(pointerOf({...child, key}), span.start)
      this.#blank()
      this.#expect(':')
      this.#blank()
      this.#value(child)
    })
    this.#close(node)
  }

  #array(node: Node): void {
    this.#open()
    let n = 0
    this.#list(']', () => this.#value({parent: node, key: String(n++), label: node.label, depth: node.depth + 1}))
    this.#close(node)
  }

  #list(end: '}' | ']', item: () => void): void {
    this.#at++
    this.#blank()
    if (this.#text[this.#at] === end) {
      this.#at++
      return
    }
    for (;;) {
      item()
      this.#blank()
      if (this.#text[this.#at] === end) break
      this.#expect(',')
      this.#blank()
    }
    this.#at++
  }

  #open(): void {
    for (const visitor of this.#visitors) visitor.open?.()
  }

  #close(node: Node): void {
    const group: Group = {name: node.key, parent: node.parent?.label ?? '', element: null, location: () => pointerOf(node)}
    for (const visitor of this.#visitors) visitor.close?.(group)
  }

  #blank(): void {
    BLANK.lastIndex = this.#at
    BLANK.exec(this.#text)
    this.#at = BLANK.lastIndex
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#flaw(`"${character}" was expected`)
    this.#at++
  }

  // By hand: a pattern with alternatives needs stack for every character of a long string.
  #string(): Span {
    const start = this.#at
    for (let at = start + 1; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at)
      if (code === 0x22) return {start, end: (this.#at = at + 1)}
      this.#at = at
      if (code < 0x20) throw this.#flaw('a control character stands raw in a string')
      if (code !== 0x5c) continue
      ESCAPE.lastIndex = at
      if (!ESCAPE.test(this.#text)) throw this.#flaw('no such escape in a string')
      at = ESCAPE.lastIndex - 1
    }
    this.#at = this.#text.length
    throw this.#flaw('the file ends in the middle: it was cut off')
  }

  #match(pattern: RegExp, message: string): Span {
    const start = this.#at
    pattern.lastIndex = start
    if (!pattern.test(this.#text)) throw this.#flaw(this.#at >= this.#text.length ? 'the file ends in the middle: it was cut off' : message)
    this.#at = pattern.lastIndex
    return {start, end: this.#at}
  }

  #flaw(message: string, code = 'BROKEN_JSON'): DocumentFlaw {
    const what = code === 'BROKEN_JSON' && this.#at >= this.#text.length ? 'the file ends in the middle: it was cut off' : message
    return new DocumentFlaw(this.#file, {code, ...placeOf(this.#text, this.#at), message: what})
  }
}

/** Who is told of what. */
export interface WalkOptions {
  readonly visitors: readonly Visitor[]
  /** A member whose name was there before in its object: its pointer, and the offset of its name. */
  readonly duplicate?: (pointer: string, offset: number) => void
}

/**
 * Walks a text that is to be JSON; gives the number of values that are no objects or arrays.
 * @param file its name, for errors
 * @throws DocumentFlaw 65 `BROKEN_JSON`, `TOO_DEEP`, with line and column
 */
export const walkJson = (file: string, text: string, options: WalkOptions): number => new Walk(file, text, options).run()
