// Answers what is asked about one message after the other, reading each file only when and if it is needed.
import {fromSystem, isOpsError} from 'mailops/core'

import {parseChannel} from '../../message/channel-records.js'
import {isStuck} from '../../message/defect.js'
import {bodyStart, headerText} from '../../message/header.js'
import {infoDefects, parseSender} from '../../message/info-record.js'
import {PRESENCE, channelBit, hasChannel, type Presence} from '../../message/presence.js'
import {stateOf, type MessageContents, type MessageState} from '../../message/state.js'
import {parseTodo, type TodoRecord} from '../../message/todo-record.js'
import {splitOf, type MessageNumber} from '../../queue/number.js'
import {withoutPrefix} from '../../queue/virtual-domains.js'
import type {BodySearch} from '../../selection/body-search.js'
import type {MessageView, Recipient} from '../../selection/message-view.js'
import {isSplit} from '../../queue/layout.js'
import {FileBytes} from './file-bytes.js'
import {statOf, type MessStat} from './mess-stat.js'
import type {OpenQueue} from './open-queue.js'

/** A recipient with the place of its record. */
export interface ReadRecipient extends Recipient {
  /** Index in `layout.channels`, -1 while the message is in todo. */
  readonly channelIndex: number
  /** Byte offset of the T or D in the channel file, where a live purge writes; -1 while in todo. */
  readonly offset: number
  /** As the record has it, with a virtual domain's prefix. */
  readonly stored: string
}

/** A file of a message that could not be read; its message goes on without it. */
export interface ReadProblem {
  readonly path: string
  /** The system's code: EACCES, EIO, EISDIR. */
  readonly code: string
  /** As a sentence. */
  readonly message: string
}

/** A header longer than this is cut: no server takes a whole message of that size, and a selection must see its fields. */
const HEADER_MOST = 1 << 25
const PROBLEMS_KEPT = 20

/**
 * One object for all messages: `load` a number, ask, `load` the next. What was read is remembered until then. A file
 * that went away since the scan sets `vanished`: then nothing that was answered counts, look the message up again.
 */
export class MessageReader implements MessageView<ReadRecipient> {
  number: MessageNumber = 0
  presence: Presence = 0
  /** True when a file that `presence` names is not there any more. */
  vanished = false
  /** Files that could not be read, of all messages; the first few of `problemCount`. */
  readonly problems: ReadProblem[] = []
  problemCount = 0

  readonly #queue: OpenQueue
  readonly #bytes = new FileBytes()
  readonly #prefixes = new Map<string, readonly string[]>()
  #mess: MessStat | null | undefined
  #infoMtimeMs: number | null | undefined
  #sender: string | null | undefined
  #stuck = false
  #todo: TodoRecord | null | undefined
  #recipients: readonly ReadRecipient[] | null | undefined
  #header: string | null | undefined

  constructor(queue: OpenQueue) {
    this.#queue = queue
    const {layout, path} = queue
    for (const part of ['mess', 'intd', 'todo', 'info', 'bounce', ...layout.channels])
      this.#prefixes.set(
        part,
        isSplit(layout, part) ? Array.from({length: layout.split}, (_, i) => `${path}/${part}/${i}/`) : [`${path}/${part}/`],
      )
  }

  /** Turns to another message, or to the same one afresh. */
  load(number: MessageNumber, presence: Presence): this {
    this.number = number
    this.presence = presence
    this.vanished = false
    this.#mess = undefined
    this.#infoMtimeMs = undefined
    this.#sender = undefined
    this.#stuck = false
    this.#todo = undefined
    this.#recipients = undefined
    this.#header = undefined
    return this
  }

  /** Path of one of its files: a PlainPart, or the name of a channel. */
  path(part: string): string {
    const prefixes = this.#prefixes.get(part)!
    const prefix = prefixes.length === 1 ? prefixes[0]! : prefixes[splitOf(this.number, prefixes.length)]!
    return prefix + this.number
  }

  /** stat(2) of mess/N, null without one. */
  mess(): MessStat | null {
    if (this.#mess === undefined) this.#mess = this.#has(PRESENCE.mess) ? this.#stat('mess') : null
    return this.#mess
  }

  /** Modification time of info/N in milliseconds since the epoch: the message's birth to qmail. null without info/N. */
  infoMtimeMs(): number | null {
    if (this.#infoMtimeMs === undefined)
      this.#infoMtimeMs = this.#has(PRESENCE.info) ? (this.#stat('info')?.mtimeMs ?? null) : null
    return this.#infoMtimeMs
  }

  sender(): string | null {
    if (this.#sender !== undefined) return this.#sender
    if (!this.#has(PRESENCE.info) || this.#has(PRESENCE.todo)) return (this.#sender = this.todo()?.sender ?? null)
    this.#sender = null
    if (this.#read('info', true)) {
      const {buffer, length, mtimeMs} = this.#bytes
      this.#infoMtimeMs = mtimeMs
      this.#sender = parseSender(buffer, 0, length) ?? null
      this.#stuck ||= this.#sender === null && isStuck(infoDefects(buffer, 0, length))
    }
    return this.#sender
  }

  queuedAt(): number | null {
    // While todo/N exists info/N is a remnant that preprocessing throws away, and mess/N has the time.
    const ms = (this.#has(PRESENCE.todo) ? null : this.infoMtimeMs()) ?? this.mess()?.mtimeMs ?? this.infoMtimeMs()
    return ms === null ? null : Math.floor(ms / 1000)
  }

  size(): number | null {
    return this.mess()?.size ?? null
  }

  recipients(): readonly ReadRecipient[] | null {
    if (this.#recipients === undefined)
      this.#recipients = this.#has(PRESENCE.todo) ? this.#recipientsOfTodo() : this.#recipientsOfChannels()
    return this.#recipients
  }

  state(): MessageState {
    const contents = this.#contents()
    return contents === undefined ? stateOf(this.presence) : stateOf(this.presence, contents)
  }

  /** The envelope in todo/N, null when there is none or it cannot be read. */
  todo(): TodoRecord | null {
    if (this.#todo !== undefined) return this.#todo
    this.#todo = null
    if (this.#has(PRESENCE.todo) && this.#read('todo')) {
      this.#todo = parseTodo(this.#bytes.buffer, 0, this.#bytes.length)
      this.#stuck ||= isStuck(this.#todo.defects)
    }
    return this.#todo
  }

  header(): string | null {
    if (this.#header !== undefined) return this.#header
    this.#header = null
    if (!this.#has(PRESENCE.mess)) return null
    const path = this.path('mess')
    this.#try(path, () => {
      this.#bytes.readHead(path, hasEmptyLine, HEADER_MOST)
      this.#header = headerText(this.#bytes.buffer, 0, this.#bytes.length)
    })
    return this.#header
  }

  searchBody(search: BodySearch): boolean | null {
    const found = this.streamMess((buffer, length) => search.push(buffer, 0, length))
    return found === null ? null : found || search.finish()
  }

  /** Feeds mess/N to `take` piece by piece until it returns true; null when it cannot be read. The buffer is reused. */
  streamMess(take: (buffer: Buffer, length: number) => boolean): boolean | null {
    if (!this.#has(PRESENCE.mess)) return null
    let found: boolean | null = null
    const path = this.path('mess')
    this.#try(path, () => {
      found = this.#bytes.stream(path, take)
    })
    return found
  }

  /** A copy of the bytes of one of its files, null when it cannot be read. */
  bytesOf(part: string): Buffer | null {
    return this.#read(part) ? Buffer.from(this.#bytes.buffer.subarray(0, this.#bytes.length)) : null
  }

  #has(bit: Presence): boolean {
    return (this.presence & bit) !== 0
  }

  #contents(): MessageContents | undefined {
    const {presence} = this
    if (this.#has(PRESENCE.todo)) return this.todo() === null ? undefined : {pending: 0, stuck: this.#stuck}
    if (!this.#has(PRESENCE.info)) return undefined
    this.sender()
    const recipients = hasChannel(presence) ? this.recipients() : []
    return recipients === null ? undefined : {pending: countPending(recipients), stuck: this.#stuck}
  }

  #recipientsOfTodo(): readonly ReadRecipient[] | null {
    const todo = this.todo()
    return (
      todo &&
      todo.recipients.map(address => ({address, channel: null, done: false, channelIndex: -1, offset: -1, stored: address}))
    )
  }

  #recipientsOfChannels(): readonly ReadRecipient[] | null {
    const {layout, routing} = this.#queue
    if (!hasChannel(this.presence)) return this.#has(PRESENCE.info) ? [] : null
    const all: ReadRecipient[] = []
    let unread = 0
    for (let index = 0; index < layout.channels.length; index++) {
      if (!this.#has(channelBit(index))) continue
      const channel = layout.channels[index]!
      if (!this.#read(channel)) {
        unread++
        continue
      }
      const {recipients, defects} = parseChannel(this.#bytes.buffer, 0, this.#bytes.length)
      this.#stuck ||= isStuck(defects)
      for (const {address: stored, done, offset} of recipients)
        all.push({
          address: channel === 'local' ? withoutPrefix(routing, stored) : stored,
          channel,
          done,
          channelIndex: index,
          offset,
          stored,
        })
    }
    // Half of the recipients would make a selection by recipient take a message from those it does not know of.
    return unread > 0 ? null : all
  }

  #read(part: string, time = false): boolean {
    const path = this.path(part)
    return this.#try(path, () => this.#bytes.read(path, {time}))
  }

  #stat(part: string): MessStat | null {
    const path = this.path(part)
    let found: MessStat | null = null
    this.#try(path, () => {
      found = statOf(path, this.number)
    })
    return found
  }

  // True when it worked. Gone: vanished. Anything else the system refuses is noted, and the message goes on without.
  #try(path: string, work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      const {code} = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      if (code === 'ENOENT') this.vanished = true
      else this.#note(path, code, error)
      return false
    }
  }

  #note(path: string, code: string, error: unknown): void {
    this.problemCount++
    if (this.problems.length >= PROBLEMS_KEPT || this.problems.some(problem => problem.path === path)) return
    const known = fromSystem(error, 'read', path)
    this.problems.push({path, code, message: isOpsError(known) ? known.message : `cannot read ${path}: ${code}`})
  }
}

const countPending = (recipients: readonly ReadRecipient[]): number => {
  let pending = 0
  for (const {done} of recipients) if (!done) pending++
  return pending
}

// An empty line may lie across the border between old and new bytes.
const hasEmptyLine = (buffer: Buffer, seen: number, length: number): boolean => {
  let start = Math.max(0, seen - 3)
  // bodyStart takes a newline at its start for an empty line, which is true only of a file's first byte.
  while (start > 0 && buffer[start] === 10) start--
  return bodyStart(buffer, start, length) !== -1
}
