// The message itself: header, body, or byte for byte; made safe wherever a terminal may show it.
import {displayLines} from '../../listing/display.js'
import {decodeHeader} from '../../message/encoded-words.js'
import {headerFields, type HeaderField} from '../../message/header.js'
import type {MessageReader} from '../reading/index.js'

/** Which part of a message is wanted; one of them. */
export interface PartWanted {
  readonly headers: boolean
  readonly body: boolean
  readonly raw: boolean
}

/** The header's fields in order, values unfolded and decoded; null without a readable mess/N. */
export const fieldsOf = (reader: MessageReader): HeaderField[] | null => {
  const header = reader.header()
  return header === null ? null : headerFields(header).map(({name, value}) => ({name, value: decodeHeader(value)}))
}

// Bytes before the body; all of a message without an empty line is header.
const bodyOffset = (reader: MessageReader): number => reader.header()?.length ?? 0

/** Calls `take` with the body, or all, of mess/N in pieces (copies, latin1) until it returns true. */
const streamText = (reader: MessageReader, from: number, take: (piece: string) => boolean): void => {
  let skip = from
  reader.streamMess((buffer, length) => {
    const start = Math.min(skip, length)
    skip -= start
    return start < length && take(buffer.toString('latin1', start, length))
  })
}

/** The body (`body`) or all (`raw`) of a message, a char a byte; null without a readable mess/N. */
export const textOf = (reader: MessageReader, part: 'body' | 'raw'): string | null => {
  if (reader.mess() === null) return null
  const pieces: string[] = []
  streamText(reader, part === 'body' ? bodyOffset(reader) : 0, piece => {
    pieces.push(piece)
    return false
  })
  return pieces.join('')
}

/** A line longer than this is shown in pieces, so that no message can fill the memory. */
const LINE_MOST = 1 << 20

/** Prints the wanted part on stdout: safe lines, or for --raw to anything but a terminal the bytes themselves. */
export const printMessage = (reader: MessageReader, {headers, raw}: PartWanted): void => {
  const {stdout} = process
  if (headers) {
    const header = reader.header()
    if (header !== null) stdout.write(`${displayLines(header.replace(/\r?\n\r?\n$/, '\n')).join('\n')}\n`)
    return
  }
  // Writing to files, pipes and terminals is synchronous, so nothing piles up here.
  if (raw && !stdout.isTTY) {
    streamText(reader, 0, piece => {
      stdout.write(piece, 'latin1')
      return stdout.destroyed
    })
    return
  }
  let rest = ''
  streamText(reader, raw ? 0 : bodyOffset(reader), piece => {
    const text = rest + piece
    const end = text.length > LINE_MOST ? text.length : text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    if (end > 0) stdout.write(`${displayLines(text.slice(0, end)).join('\n')}\n`)
    return stdout.destroyed
  })
  if (rest !== '') stdout.write(`${displayLines(rest).join('\n')}\n`)
}
