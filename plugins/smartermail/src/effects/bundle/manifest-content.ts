// A manifest's text as the content of an archive entry and as a file, without holding all of it twice.
import {manifestText, type Manifest} from '../../bundle/manifest.js'
import type {Fill} from './archive-writer.js'

const PIECE = 1 << 18

/** The manifest's bytes in pieces of some size. */
export function* manifestBytes(manifest: Manifest): Generator<Buffer> {
  let lines: string[] = []
  let length = 0
  for (const line of manifestText(manifest)) {
    lines.push(line)
    length += line.length
    if (length < PIECE) continue
    yield Buffer.from(lines.join(''), 'utf8')
    lines = []
    length = 0
  }
  if (lines.length > 0) yield Buffer.from(lines.join(''), 'utf8')
}

/** Gives pieces to an archive entry. */
export const fillFrom = (pieces: Iterator<Buffer>): Fill => {
  let rest = Buffer.alloc(0) as Buffer
  return target => {
    if (rest.length === 0) {
      const {done, value} = pieces.next()
      if (done === true) return 0
      rest = value
    }
    const size = rest.copy(target)
    rest = rest.subarray(size)
    return size
  }
}
