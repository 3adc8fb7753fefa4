// A value in a document and exactly where it stands: what reading XML and reading JSON have in common.

/**
 * How the value is written. `text`, `cdata`, `double` and `single` (quotes of an attribute) and `empty` (`<a />`) are of XML;
 * `string` and `scalar` (number, true, false, null) of JSON. `locked`: mixed with comments or elements, never patched.
 */
export type Form = 'text' | 'cdata' | 'empty' | 'double' | 'single' | 'locked' | 'string' | 'scalar'

/** Half-open range of UTF-16 offsets in the text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value, while it is visited: what costs is worked out when it is asked for. */
export interface Leaf {
  /** Name of the attribute, element or member. */
  readonly name: string
  /** What else names it: the element of an attribute, the parent, a key attribute beside it; parted by blanks. */
  readonly context: string
  /** Unescaped, as parsers give it. */
  readonly value: string
  /** XML: number of its element, by closing; JSON: number of the value. From 0. */
  readonly index: number
  /** Attribute name within the element of that number; null elsewhere. */
  readonly attribute: string | null
  form(): Form
  span(): Span
  location(): string
}

/** What an element of XML was. */
export interface EndedElement {
  /** Its number, by closing, from 0. */
  readonly index: number
  /** 1 for the root. */
  readonly depth: number
  /** All its own text. */
  readonly text: string
  readonly attributes: Readonly<Record<string, string>>
  /** Offset just behind its end tag. */
  readonly end: number
}

/** A group of values: an element or an object or array, seen when it ends. */
export interface Group {
  /** Of the element or member; '' for the root of JSON and entries of arrays. */
  readonly name: string
  readonly parent: string
  /** Null in JSON. */
  readonly element: EndedElement | null
  location(): string
}

/** Is told of values and groups, in the order in which they end. */
export interface Visitor {
  readonly open?: () => void
  readonly leaf?: (leaf: Leaf) => void
  readonly close?: (group: Group) => void
}
