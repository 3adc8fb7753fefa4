// The records of a queue file as check judges them: one look along the bytes, nothing allocated for a healthy file.
import {infoDefects} from '../message/info-record.js'
import {parseTodo} from '../message/todo-record.js'
import type {FindingCode} from './codes.js'

/** The gravest fault of a file's content. */
export interface ContentFault {
  readonly code: FindingCode
  /** Bytes from the beginning of the file. */
  readonly offset: number
}

const T = 84
const D = 68

/** Bytes of a file: `buffer` from `start` to before `end`. */
export interface FileBytes {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** Takes the bytes of info/N, todo/N or a channel file and returns what is wrong with them, undefined when nothing is. */
export const contentFault = (part: string, bytes: FileBytes): ContentFault | undefined => {
  if (part === 'info') return infoFault(bytes)
  return part === 'todo' ? todoFault(bytes) : channelFault(bytes)
}

const infoFault = ({buffer, start, end}: FileBytes): ContentFault | undefined => {
  const defects = infoDefects(buffer, start, end)
  if (defects.length === 0) return undefined
  const {code, offset} = defects[0]!
  return code === 'trailing-bytes' ? {code, offset} : {code: 'info-unreadable', offset: 0}
}

const todoFault = ({buffer, start, end}: FileBytes): ContentFault | undefined => {
  const {defects} = parseTodo(buffer, start, end)
  const stuck = defects.find(({code}) => code === 'unknown-record' || code === 'no-sender')
  if (stuck !== undefined) return {code: 'todo-unreadable', offset: stuck.offset}
  const first = defects[0]
  if (first === undefined) return undefined
  return {code: first.code === 'second-sender' ? 'second-sender' : 'unterminated', offset: first.offset}
}

// pass_dochan() in qmail-send.c: it reads record by record, and gives the file up at the first that is neither T nor D.
const channelFault = ({buffer, start, end}: FileBytes): ContentFault | undefined => {
  if (start === end) return {code: 'channel-empty', offset: 0}
  let offset = start
  while (offset < end) {
    const nul = buffer.indexOf(0, offset)
    if (nul === -1 || nul >= end) return {code: 'unterminated', offset: offset - start}
    const type = buffer[offset]
    if (type !== T && type !== D)
      return {code: offset === start ? 'channel-unreadable' : 'channel-stuck', offset: offset - start}
    offset = nul + 1
  }
  return undefined
}
