// Bytes to text and back, without losing one: BOM, UTF-8, UTF-16, and single-byte encodings that a document declares.
import {DocumentFlaw} from './flaw.js'
import {singleByte, type SingleByte} from './single-byte.js'
import {firstInvalid} from './utf8.js'

/** A text and the way back to its bytes. */
export interface Decoded {
  /** Without the byte order mark. */
  readonly text: string
  /** `utf-8`, `utf-16le`, `utf-16be`, or the name of a single-byte encoding. */
  readonly encoding: string
  /** Bytes of the byte order mark, 0 without one. */
  readonly bomBytes: number
  /** Encodes a piece; every character must be encodable. */
  readonly encode: (text: string) => Uint8Array
  /** False for a character (code point) that the encoding does not have. */
  readonly has: (character: string) => boolean
  /** Bytes that a piece takes. */
  readonly byteLength: (text: string) => number
}

const BOMS = [
  {encoding: 'utf-32', bytes: [0xff, 0xfe, 0, 0]},
  {encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf]},
  {encoding: 'utf-16le', bytes: [0xff, 0xfe]},
  {encoding: 'utf-16be', bytes: [0xfe, 0xff]},
] as const

const bomOf = (bytes: Uint8Array) => BOMS.find(bom => bom.bytes.every((byte, n) => bytes[n] === byte))

// Without a mark: the first character of XML and JSON is ASCII (XML 1.0 appendix F, RFC 4627 section 3).
const guessWide = (bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null => {
  const [first = 0, second = 0] = bytes
  if (bytes.length < 2 || bytes.length % 2 === 1) return null
  if (first !== 0 && second === 0) return 'utf-16le'
  return first === 0 && second !== 0 ? 'utf-16be' : null
}

const declaredIn = (bytes: Uint8Array): string | null => {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1')
  return /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']/.exec(head)?.[1]?.toLowerCase() ?? null
}

const flaw = (file: string, message: string, place?: {line: number; column: number}): DocumentFlaw =>
  new DocumentFlaw(file, {code: 'ENCODING', line: place?.line ?? null, column: place?.column ?? null, message})

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const utf8 = (file: string, bytes: Uint8Array, bomBytes: number): Decoded => {
  const body = bytes.subarray(bomBytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(body)
  } catch {
    throw invalidUtf8(file, body) // said below with its place, which the decoder does not tell
  }
  const isAscii = text.length === body.length
  return {
    text, encoding: 'utf-8', bomBytes,
    encode: piece => Buffer.from(piece, 'utf8'),
    has: () => true,
    byteLength: piece => (isAscii ? piece.length : Buffer.byteLength(piece, 'utf8')),
  }
}

const invalidUtf8 = (file: string, body: Uint8Array): DocumentFlaw => {
  const offset = Math.max(0, firstInvalid(body))
  const before = asBuffer(body.subarray(0, offset))
  const start = before.lastIndexOf(0x0a) + 1
  let line = 1
  for (const byte of before) if (byte === 0x0a) line++
  const byte = body[offset]?.toString(16).padStart(2, '0')
  return flaw(file, `the byte 0x${byte} at offset ${offset} is not UTF-8, and no other encoding is declared`, {
    line, column: before.toString('utf8', start).length + 1,
  })
}

const wide = (file: string, bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', bomBytes: number): Decoded => {
  const body = bytes.subarray(bomBytes)
  if (body.length % 2 === 1) throw flaw(file, `${encoding} with an odd number of bytes: it was cut off`)
  let text: string
  try {
    text = new TextDecoder(encoding, {fatal: true, ignoreBOM: true}).decode(body)
  } catch {
    throw flaw(file, `it is not ${encoding}: half a surrogate pair`) // the only way in which it can fail
  }
  const swap = (data: Buffer): Buffer => (encoding === 'utf-16be' ? data.swap16() : data)
  return {
    text, encoding, bomBytes,
    encode: piece => swap(Buffer.from(piece, 'utf16le')),
    has: () => true,
    byteLength: piece => 2 * piece.length,
  }
}

const narrow = (file: string, bytes: Uint8Array, {name, decode, byteOf}: SingleByte): Decoded => {
  const text = decode(bytes)
  const unknown = text.indexOf('\ufffd')
  if (unknown !== -1) throw flaw(file, `the byte at offset ${unknown} has no meaning in ${name}, which is declared`)
  const encode = (piece: string): Uint8Array => Uint8Array.from(piece, character => byteOf(character) ?? 0x3f)
  return {text, encoding: name, bomBytes: 0, encode, has: character => byteOf(character) !== null, byteLength: piece => piece.length}
}

/**
 * Decodes a file's bytes strictly: what comes out encodes to the very bytes again.
 * @param format XML may declare a single-byte encoding; a mark or UTF-16 wins over what is declared
 * @throws DocumentFlaw 65 `ENCODING`
 */
export const decode = (file: string, bytes: Uint8Array, format: 'xml' | 'json'): Decoded => {
  const bom = bomOf(bytes)
  if (bom?.encoding === 'utf-32') throw flaw(file, 'it is UTF-32, which no SmarterMail writes')
  if (bom?.encoding === 'utf-8') return utf8(file, bytes, bom.bytes.length)
  if (bom !== undefined) return wide(file, bytes, bom.encoding, bom.bytes.length)
  const guessed = guessWide(bytes)
  if (guessed !== null) return wide(file, bytes, guessed, 0)
  const declared = format === 'xml' ? declaredIn(bytes) : null
  // A document that says UTF-16 and is written in bytes was made by a writer of strings; what it is can be seen.
  if (declared === null || /^(?:utf-?8|us-ascii|ascii|utf-16(?:le|be)?)$/.test(declared)) return utf8(file, bytes, 0)
  const table = singleByte(declared)
  if (table === null) throw flaw(file, `it declares the encoding ${declared}, which is not read here`)
  return narrow(file, bytes, table)
}
