// Decodes header values for people and for --subject: encoded words (RFC 2047, RFC 2231 section 5) and raw UTF-8.
import {TextDecoder} from 'node:util'

/** Charset, encoding and text of an encoded word; no part of it has white space or a question mark. */
const WORD = /=\?([^?\s*]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?\s]*)\?=/g

interface Part {
  /** Of an encoded word its charset, of other text undefined. */
  readonly charset: string | undefined
  /** Latin1. */
  readonly bytes: string
}

/**
 * Takes an unfolded header value (latin1) and returns it decoded. Encoded words with only white space between them are
 * joined, those of one charset before decoding, since mailers cut characters in two. A malformed word, or one of an
 * unknown charset, stays as it is. Text outside of words is taken for UTF-8 where it is UTF-8 (RFC 6532).
 */
export const decodeHeader = (value: string): string => {
  if (!value.includes('=?')) return decodeRaw(value)
  const parts: Part[] = []
  let last = 0
  let afterWord = false
  for (const match of value.matchAll(WORD)) {
    const [word, charset, encoding, text] = match as unknown as [string, string, string, string]
    const bytes = encoding === 'B' || encoding === 'b' ? decodeB(text) : decodeQ(text)
    if (bytes === undefined || decoderOf(charset) === undefined) continue
    const between = value.slice(last, match.index)
    if (!(afterWord && /^[ \t]*$/.test(between))) append(parts, {charset: undefined, bytes: between})
    append(parts, {charset: charset.toLowerCase(), bytes})
    last = match.index + word.length
    afterWord = true
  }
  append(parts, {charset: undefined, bytes: value.slice(last)})
  return parts.map(decodePart).join('')
}

const append = (parts: Part[], part: Part): void => {
  const previous = parts.at(-1)
  if (previous !== undefined && previous.charset === part.charset)
    parts[parts.length - 1] = {charset: part.charset, bytes: previous.bytes + part.bytes}
  else if (part.bytes !== '') parts.push(part)
}

const decodePart = ({charset, bytes}: Part): string =>
  charset === undefined ? decodeRaw(bytes) : decoderOf(charset)!.decode(Buffer.from(bytes, 'latin1'))

const decodeB = (text: string): string | undefined =>
  /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1
    ? Buffer.from(text, 'base64').toString('latin1')
    : undefined

const decodeQ = (text: string): string | undefined =>
  /=(?![0-9A-Fa-f]{2})/.test(text)
    ? undefined
    : text
        .replaceAll('_', ' ')
        .replace(/=(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

const decoders = new Map<string, TextDecoder | undefined>()

// Names come from strangers: the cache is emptied before it could grow with them.
const decoderOf = (charset: string): TextDecoder | undefined => {
  const label = charset.toLowerCase()
  if (!decoders.has(label)) {
    if (decoders.size >= 100) decoders.clear()
    decoders.set(label, newDecoder(label))
  }
  return decoders.get(label)
}

const newDecoder = (label: string): TextDecoder | undefined => {
  try {
    return new TextDecoder(label, {ignoreBOM: true})
  } catch {
    return undefined // RangeError: the platform does not know this charset, so its words stay as they are.
  }
}

const strictUtf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})

const decodeRaw = (latin1: string): string => {
  if (!/[\x80-\xff]/.test(latin1)) return latin1
  try {
    return strictUtf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1 // TypeError: not UTF-8; what it is instead nobody can tell, latin1 is the usual answer.
  }
}
