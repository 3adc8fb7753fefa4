// bounce/N: why recipients failed for good, `<recipient>:\nreason\n\n` each (addbounce() in qmail-send.c).
import {NO_DEFECTS, type Defect} from './defect.js'

/** One recipient that failed. */
export interface BounceEntry {
  /** Latin1, a virtual domain's prefix already stripped by qmail-send; undefined for text of another form. */
  readonly recipient: string | undefined
  /** Latin1 lines, without the last line's newline. */
  readonly reason: string
}

/** The content of bounce/N. */
export interface BounceText {
  readonly entries: readonly BounceEntry[]
  readonly defects: readonly Defect[]
}

/** Takes the bytes of bounce/N and returns its entries; qmail-send lets no empty line into one, so it ends them. */
export const parseBounce = (buffer: Buffer, start: number, end: number): BounceText => {
  const text = buffer.toString('latin1', start, end)
  const entries: BounceEntry[] = []
  let defects: Defect[] | undefined
  for (let offset = 0; offset < text.length; ) {
    const empty = text.indexOf('\n\n', offset)
    const entry = text.slice(offset, empty === -1 ? text.length : empty).replace(empty === -1 ? /\n$/ : '', '')
    const newline = entry.indexOf('\n')
    const first = newline === -1 ? entry : entry.slice(0, newline)
    const known = first.startsWith('<') && first.endsWith('>:')
    if (known) entries.push({recipient: first.slice(1, -2), reason: newline === -1 ? '' : entry.slice(newline + 1)})
    else {
      entries.push({recipient: undefined, reason: entry})
      ;(defects ??= []).push({code: 'unknown-text', offset})
    }
    if (empty === -1) (defects ??= []).push({code: 'unterminated', offset})
    offset = empty === -1 ? text.length : empty + 2
    // A report that itself ended with an empty line leaves three newlines.
    while (text[offset] === '\n') offset++
  }
  return {entries, defects: defects ?? NO_DEFECTS}
}

/** Returns the bytes that qmail-send would append to bounce/N for one recipient, made harmless the same way. */
export const writeBounce = (recipient: string, reason: string): Buffer => {
  const head = `<${recipient.replaceAll('\n', '_')}>:\n`
  const body = reason === '' || reason.endsWith('\n') ? reason : `${reason}\n`
  return Buffer.from(`${withoutEmptyLines(head + body)}\n`, 'latin1')
}

// An empty line would end the entry, so its newline becomes a slash; addbounce() leaves the last byte as it is.
const withoutEmptyLines = (text: string): string => text.replace(/(?<=\n)\n(?=[^])/g, '/')
