// Where the raw value of an attribute stands in a start tag that a parser has accepted.
import type {Span} from '../document/leaf.js'

/** Span of the value without its quotes. */
export const attributeSpan = (text: string, tag: Span, wanted: string): Span => {
  const pattern = /([^\s=/>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/gy
  // Past `<` and the element's name.
  pattern.lastIndex = tag.start + 1 + /^[^\s/>]*/.exec(text.slice(tag.start + 1, tag.end))![0].length
  for (;;) {
    while (/\s/.test(text[pattern.lastIndex] ?? '')) pattern.lastIndex++
    const from = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null || from >= tag.end) throw new Error(`no attribute ${wanted} in the tag at ${tag.start}`)
    const end = pattern.lastIndex - 1
    if (match[1] === wanted) return {start: end - (match[2] ?? match[3] ?? '').length, end}
  }
}
