// Puts new values into a document's bytes by position; every other byte stays.
import {OpsError} from 'mailops/core'

import {jsonScalar, jsonString} from '../json/escape.js'
import {escapeXml} from '../xml/escape.js'
import type {Document} from './document.js'
import type {Edit} from './edit.js'

const writtenXml = ({form, name, after}: Edit, has: (character: string) => boolean): string | null => {
  if (form !== 'empty') return escapeXml(after, form, has)
  const text = escapeXml(after, 'text', has)
  return text === null ? null : `>${text}</${name}>`
}

const writtenJson = ({form, after}: Edit, has: (character: string) => boolean): string => {
  const raw = form === 'string' ? jsonString(after) : jsonScalar(after)
  return raw.replace(/[^\u0000-\u007f]/gu, character => {
    if (has(character)) return character
    return [...Array(character.length).keys()].map(n => `\\u${character.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')
  })
}

const written = ({format, decoded}: Document, edit: Edit): string => {
  const raw = format === 'xml' ? writtenXml(edit, decoded.has) : writtenJson(edit, decoded.has)
  if (raw !== null) return raw
  const why = edit.form === 'locked' ? 'comments or elements stand in the value' : `the new value cannot be written there in ${decoded.encoding}`
  throw new OpsError('NOT_PATCHABLE', `${edit.file}:${edit.line}:${edit.column}: ${edit.location} cannot be changed: ${why}`, {
    exit: 'badData',
    hint: 'give --set with the value that stands there to leave it as it is, or change it by hand in a copy of the source',
  })
}

/**
 * Where an offset of a document's text stands once its edits are made.
 * @param offset outside what is edited
 */
export const patchedOffset = (document: Document, edits: readonly Edit[], offset: number): number =>
  edits.reduce((at, edit) => (edit.span.end <= offset ? at + written(document, edit).length - (edit.span.end - edit.span.start) : at), offset)

/**
 * The bytes of a document with its edits made.
 * @param edits of this document, each of another value
 * @throws OpsError 65 `NOT_PATCHABLE`
 */
export const patch = (document: Document, edits: readonly Edit[]): Uint8Array => {
  if (edits.length === 0) return document.bytes
  const {bytes, decoded} = document
  const {text, encode, byteLength, bomBytes} = decoded
  const pieces: Uint8Array[] = []
  let offset = 0
  let taken = 0
  let byte = bomBytes
  for (const edit of edits.toSorted((a, b) => a.span.start - b.span.start)) {
    const {start, end} = edit.span
    if (start < offset) throw new Error(`two edits of ${edit.file} overlap at ${start}`)
    byte += byteLength(text.slice(offset, start))
    pieces.push(bytes.subarray(taken, byte), encode(written(document, edit)))
    byte += byteLength(text.slice(start, end))
    taken = byte
    offset = end
  }
  pieces.push(bytes.subarray(taken))
  return Buffer.concat(pieces)
}
