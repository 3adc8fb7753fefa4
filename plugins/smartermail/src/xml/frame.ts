// An element while it is open: enough to say where it stands and how its text is written.
import type {EndedElement, Group} from '../document/leaf.js'

/** What is known of an open element. */
export interface Frame {
  readonly name: string
  /** Its number among the elements of its name below its parent, from 1. */
  readonly ordinal: number
  readonly parent: Frame | null
  readonly depth: number
  /** Offsets of the start tag's `<` and just after its `>`. */
  readonly tagStart: number
  readonly tagEnd: number
  readonly attributes: Readonly<Record<string, string>>
  /** All its own text so far, CDATA included. */
  text: string
  /** Elements, comments and instructions in it. */
  children: number
  cdatas: number
  /** Offset just after the last `]]>`. */
  cdataEnd: number
  /** Numbers of child elements so far, by name; made with the first child, since most elements have none. */
  counts: Map<string, number> | null
}

/** `/DomainList/Domain[3]`; the first of a name goes without a number. */
export const locationOf = (frame: Frame): string => {
  const parts: string[] = []
  for (let at: Frame | null = frame; at !== null; at = at.parent)
    parts.push(at.ordinal === 1 ? at.name : `${at.name}[${at.ordinal}]`)
  return `/${parts.toReversed().join('/')}`
}

/** Counts a child element and gives its number. */
export const countChild = (parent: Frame | null, name: string): number => {
  if (parent === null) return 1
  parent.children++
  parent.counts ??= new Map()
  const ordinal = (parent.counts.get(name) ?? 0) + 1
  parent.counts.set(name, ordinal)
  return ordinal
}

/** An element that has just ended. Its members are methods, not closures: there may be a million. */
export class ClosedElement implements Group, EndedElement {
  readonly #frame: Frame
  readonly index: number
  readonly end: number

  constructor(frame: Frame, index: number, end: number) {
    this.#frame = frame
    this.index = index
    this.end = end
  }
  get name(): string {
    return this.#frame.name
  }
  get parent(): string {
    return this.#frame.parent?.name ?? ''
  }
  get element(): this {
    return this
  }
  get depth(): number {
    return this.#frame.depth
  }
  get text(): string {
    return this.#frame.text
  }
  get attributes(): Readonly<Record<string, string>> {
    return this.#frame.attributes
  }
  location(): string {
    return locationOf(this.#frame)
  }
}
