// The values of an element: its attributes, then its text.
import type {Form, Leaf, Span} from '../document/leaf.js'
import {attributeSpan} from './attribute-span.js'
import {locationOf, type Frame} from './frame.js'

// <add key="dns1" value="..."/> and the like: what a key attribute says names the value beside it.
const KEYS = ['name', 'Name', 'key', 'Key', 'id', 'Id', 'ID', 'property', 'setting']

const keyOf = ({attributes}: Frame, except: string | null): string => {
  for (const key of KEYS) {
    const value = key === except ? undefined : attributes[key]
    if (value !== undefined) return value
  }
  return ''
}

/** What a leaf needs to know of its element. */
export interface Closed {
  readonly source: string
  readonly frame: Frame
  readonly index: number
  /** Offset of the close tag's `<`; the tag's own end for `<a />`. */
  readonly closeStart: number
  readonly selfClosing: boolean
}

/** A value of an attribute. */
export class AttributeLeaf implements Leaf {
  readonly name: string
  readonly value: string
  readonly #of: Closed

  constructor(of: Closed, name: string, value: string) {
    this.name = name
    this.value = value
    this.#of = of
  }
  get context(): string {
    return `${this.#of.frame.name} ${keyOf(this.#of.frame, this.name)}`
  }
  get index(): number {
    return this.#of.index
  }
  get attribute(): string {
    return this.name
  }
  form(): Form {
    return this.#of.source[this.span().end] === "'" ? 'single' : 'double'
  }
  span(): Span {
    const {source, frame} = this.#of
    return attributeSpan(source, {start: frame.tagStart, end: frame.tagEnd}, this.name)
  }
  location(): string {
    return `${locationOf(this.#of.frame)}/@${this.name}`
  }
}

/** The text of an element. */
export class TextLeaf implements Leaf {
  readonly attribute = null
  readonly #of: Closed

  constructor(of: Closed) {
    this.#of = of
  }
  get name(): string {
    return this.#of.frame.name
  }
  get context(): string {
    return `${this.#of.frame.parent?.name ?? ''} ${keyOf(this.#of.frame, null)}`
  }
  get value(): string {
    return this.#of.frame.text
  }
  get index(): number {
    return this.#of.index
  }
  form(): Form {
    const {source, frame, closeStart, selfClosing} = this.#of
    if (selfClosing) return 'empty'
    if (frame.children > 0) return 'locked'
    if (frame.cdatas === 0) return 'text'
    // One CDATA section and nothing else.
    const alone = frame.cdatas === 1 && source.startsWith('<![CDATA[', frame.tagEnd) && frame.cdataEnd === closeStart
    return alone ? 'cdata' : 'locked'
  }
  span(): Span {
    const {source, frame, closeStart} = this.#of
    const form = this.form()
    if (form === 'empty') return {start: source.slice(frame.tagStart, frame.tagEnd - 2).trimEnd().length + frame.tagStart, end: frame.tagEnd}
    if (form === 'cdata') return {start: frame.tagEnd + '<![CDATA['.length, end: closeStart - ']]>'.length}
    return {start: frame.tagEnd, end: closeStart}
  }
  location(): string {
    return locationOf(this.#of.frame)
  }
}
