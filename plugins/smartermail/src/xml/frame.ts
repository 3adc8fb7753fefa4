// An element while it is open: enough to say where it stands and how its text is written.

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
