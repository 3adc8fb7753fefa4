// todo/N and intd/N: the envelope as qmail-queue wrote it, `u<uid>\0p<pid>\0F<sender>\0T<recipient>\0...`.
import {NO_DEFECTS, type Defect} from './defect.js'
import {assertNoNul} from './info-record.js'

/** The content of todo/N; of intd/N while it is being written, the part that is there. */
export interface TodoRecord {
  /** Of the process that injected the message; undefined where missing. */
  readonly uid: number | undefined
  /** Of qmail-queue. */
  readonly pid: number | undefined
  /** Latin1; '' is the null sender, undefined none. */
  readonly sender: string | undefined
  /** Latin1, as the sender gave them; `log` and the like of QUEUE_EXTRA come first, recipients to qmail-send. */
  readonly recipients: readonly string[]
  readonly defects: readonly Defect[]
}

/** Takes the bytes of todo/N or intd/N and returns the envelope (todo_do() in qmail-send.c). */
export const parseTodo = (buffer: Buffer, start: number, end: number): TodoRecord => {
  const text = buffer.toString('latin1', start, end)
  const recipients: string[] = []
  let uid: number | undefined
  let pid: number | undefined
  let sender: string | undefined
  let defects: Defect[] | undefined
  let offset = 0
  for (let nul = text.indexOf('\0'); nul !== -1; nul = text.indexOf('\0', offset)) {
    const value = text.slice(offset + 1, nul)
    const type = text[offset]
    if (type === 'T') recipients.push(value)
    else if (type === 'u') uid = leadingNumber(value)
    else if (type === 'p') pid = leadingNumber(value)
    else if (type !== 'F') (defects ??= []).push({code: 'unknown-record', offset})
    else if (sender === undefined) sender = value
    else (defects ??= []).push({code: 'second-sender', offset})
    offset = nul + 1
  }
  if (offset < text.length) (defects ??= []).push({code: 'unterminated', offset})
  if (sender === undefined) (defects ??= []).push({code: 'no-sender', offset: 0})
  return {uid, pid, sender, recipients, defects: defects ?? NO_DEFECTS}
}

const leadingNumber = (text: string): number | undefined => {
  const digits = /^\d+/.exec(text)
  return digits === null ? undefined : Number(digits[0])
}

/** What an envelope is written from: latin1 addresses without NUL. */
export interface Envelope {
  readonly uid: number
  readonly pid: number
  readonly sender: string
  readonly recipients: readonly string[]
}

/** Returns the bytes of intd/N, which todo/N is linked to. */
export const writeTodo = ({uid, pid, sender, recipients}: Envelope): Buffer =>
  Buffer.from(
    `u${uid}\0p${pid}\0F${assertNoNul(sender)}\0${recipients.map(to => `T${assertNoNul(to)}\0`).join('')}`,
    'latin1',
  )
