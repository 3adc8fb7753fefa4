// Reads all that is known of one message.
import * as fs from 'node:fs'

import {holder} from 'mailops/effects'

import {isoTime} from '../../listing/display.js'
import type {DetailFile, MessageDetails, Retry} from '../../listing/details.js'
import {rowOf} from '../../listing/row.js'
import {parseBounce, type BounceEntry} from '../../message/bounce.js'
import {parseChannel} from '../../message/channel-records.js'
import {defectText, type Defect} from '../../message/defect.js'
import {infoDefects} from '../../message/info-record.js'
import {PRESENCE, channelBit} from '../../message/presence.js'
import {expiresAt} from '../../message/retry-time.js'
import {stateRow} from '../../message/state-table.js'
import {meaningOf} from '../../message/state.js'
import {parseTodo} from '../../message/todo-record.js'
import {controlNumber} from '../../queue/control-file.js'
import type {QueueLayout} from '../../queue/layout.js'
import type {MessageReader, OpenQueue} from '../reading/index.js'

/** A part of a message that exists: its directory, and what is wrong with its bytes. */
interface Part {
  readonly name: string
  readonly defects: (bytes: Buffer) => readonly Defect[]
}

const NONE = (): readonly Defect[] => []

const partsOf = ({channels}: QueueLayout, presence: number): Part[] => {
  const parts: (Part & {bit: number})[] = [
    {name: 'mess', bit: PRESENCE.mess, defects: NONE},
    // intd may be half-written by right.
    {name: 'intd', bit: PRESENCE.intd, defects: NONE},
    {name: 'todo', bit: PRESENCE.todo, defects: bytes => parseTodo(bytes, 0, bytes.length).defects},
    {name: 'info', bit: PRESENCE.info, defects: bytes => infoDefects(bytes, 0, bytes.length)},
    ...channels.map((name, index) => ({
      name,
      bit: channelBit(index),
      defects: (bytes: Buffer) => parseChannel(bytes, 0, bytes.length).defects,
    })),
    {name: 'bounce', bit: PRESENCE.bounce, defects: bytes => parseBounce(bytes, 0, bytes.length).defects},
  ]
  return parts.filter(({bit}) => (presence & bit) !== 0)
}

/** Takes a loaded reader and returns the document of `show`; `now` in seconds since the epoch. */
export const detailsOf = async (queue: OpenQueue, reader: MessageReader, now: number): Promise<MessageDetails> => {
  const parts = partsOf(queue.layout, reader.presence)
  const queuedAt = reader.queuedAt()
  const mess = reader.mess()
  const row = rowOf(reader, {now, subject: true})
  return {
    queue: queue.path,
    ...row,
    meaning: meaningOf(row.state, stateRow(reader.presence, mess === null ? undefined : now - mess.atimeMs / 1000)),
    expiresAt: queuedAt === null ? null : isoTime(expiresAt(queuedAt, lifetimeOf(queue))),
    retry: await retryOf(queue, reader, now),
    failures: failuresOf(reader),
    files: parts.flatMap(({name}) => fileOf(queue, reader.path(name))),
    defects: parts.flatMap(part => defectsOf(reader, part)),
  }
}

const lifetimeOf = ({control}: OpenQueue): number | undefined => {
  if (control === undefined) return undefined
  try {
    return controlNumber(fs.readFileSync(`${control}/queuelifetime`))
  } catch {
    return undefined // no such file, the usual case, or one that is not for us: qmail's default
  }
}

// Whose lock it is says whether qmail-send runs; without a look at others' processes nobody can tell.
const retryOf = async (queue: OpenQueue, reader: MessageReader, now: number): Promise<Record<string, Retry>> => {
  const pending = new Set((reader.recipients() ?? []).flatMap(({channel, done}) => (channel === null || done ? [] : [channel])))
  if (pending.size === 0) return {}
  const canTell = process.getuid?.() === 0 && (await holder(`${queue.path}/lock/sendmutex`)) === null
  return Object.fromEntries([...pending].map(channel => [channel, canTell ? dueOf(reader.path(channel), now) : 'unknown']))
}

// qmail-send takes a channel file's mtime for the time it is due when it starts, whatever has set it.
const dueOf = (path: string, now: number): Retry => {
  const stat = lstat(path)
  if (stat === undefined) return 'unknown'
  return stat.mtimeMs / 1000 > now ? isoTime(Math.floor(stat.mtimeMs / 1000)) : 'at start'
}

const lstat = (path: string): fs.Stats | undefined => {
  try {
    return fs.lstatSync(path)
  } catch {
    return undefined // gone since it was read, or closed to us
  }
}

const failuresOf = (reader: MessageReader): readonly BounceEntry[] => {
  const bytes = (reader.presence & PRESENCE.bounce) === 0 ? null : reader.bytesOf('bounce')
  return bytes === null ? [] : parseBounce(bytes, 0, bytes.length).entries
}

const fileOf = (queue: OpenQueue, path: string): DetailFile[] => {
  const stat = lstat(path)
  if (stat === undefined) return []
  return [{path: path.slice(queue.path.length + 1), bytes: stat.size, mtime: isoTime(Math.floor(stat.mtimeMs / 1000))}]
}

const defectsOf = (reader: MessageReader, {name, defects}: Part): string[] => {
  if (name === 'mess' || name === 'intd') return []
  const bytes = reader.bytesOf(name)
  return bytes === null ? [] : defects(bytes).map(defect => `${name}: ${defectText(defect)}`)
}
