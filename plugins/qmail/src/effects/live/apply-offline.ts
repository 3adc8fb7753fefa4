// --only-recipient with qmail-send stopped: marks channel files, and rewrites the envelope of what is still in todo.
import * as fs from 'node:fs'

import {readWhole, type BulkContext, type BulkResult} from 'mailops/effects'

import {PRESENCE} from '../../message/presence.js'
import {stateRow} from '../../message/state-table.js'
import {REUSED, VANISHED} from '../../purge/outcome.js'
import type {MessageNumber} from '../../queue/number.js'
import {partsInOrder, pathIn} from '../purge-offline/paths.js'
import {withQueueLock} from '../purge-offline/queue-lock.js'
import {lookUp, MessageReader, sameMessage} from '../reading/index.js'
import {chosenIndexes, markAll, withMarking, type LivePurge, type Marking} from './apply.js'
import type {LiveArgs} from './live-args.js'
import {recoverArgv} from './recover-argv.js'

const T = 84
const {O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY} = fs.constants
const STOPPED_ALREADY = {stop: false, timeoutMs: 0}

/** An envelope without some of its recipients; every other record stays as it is, byte by byte. */
const withoutRecipients = (bytes: Buffer, gone: ReadonlySet<string>): {kept: Buffer; recipients: number} => {
  const parts: Buffer[] = []
  let recipients = 0
  for (let at = 0, nul; at < bytes.length; at = nul + 1) {
    nul = bytes.indexOf(0, at)
    if (nul === -1) nul = bytes.length - 1
    const isRecipient = bytes[at] === T
    if (isRecipient && gone.has(bytes.toString('latin1', at + 1, nul))) continue
    if (isRecipient) recipients++
    parts.push(bytes.subarray(at, nul + 1))
  }
  return {kept: Buffer.concat(parts), recipients}
}

/** A new file with the owner, mode and times of another. */
const writeLike = (model: string, path: string, bytes: Buffer): void => {
  const {uid, gid, mode, atime, mtime} = fs.lstatSync(model)
  fs.rmSync(path, {force: true})
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at, bytes.length - at)
    const made = fs.fstatSync(fd)
    if (made.uid !== uid || made.gid !== gid) fs.fchownSync(fd, uid, gid)
    fs.fchmodSync(fd, mode & 0o7777)
    fs.futimesSync(fd, atime, mtime)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Messages in todo, one at a time; paths are relative, the queue is the working directory. */
class Rewriter {
  readonly #marking: Marking
  readonly #reader: MessageReader

  constructor(marking: Marking) {
    this.#marking = marking
    this.#reader = new MessageReader(marking.live.queue)
  }

  /** Gives the reason when a message is left alone. */
  rewrite(index: number): string | null {
    const {live, below} = this.#marking
    const chosen = live.snapshot.at(index)
    const {number} = chosen
    const [mess, todo] = partsInOrder(live.queue.layout, ['mess', 'todo']) as [never, never]
    const sameness = sameMessage(live.queue, chosen)
    if (sameness !== 'same') return sameness === 'gone' ? VANISHED : REUSED
    const match = live.selection?.match(this.#reader.load(number, lookUp(live.queue, number)))
    const gone = (match?.recipients ?? []).map(({stored}) => stored)
    if (gone.length === 0) return VANISHED
    const path = pathIn(todo, number)
    const {kept, recipients} = withoutRecipients(readWhole(path), new Set(gone))
    if (below !== null) fs.linkSync(pathIn(mess, number), below + pathIn(mess, number))
    if (recipients === 0) this.#removeAll(number)
    else this.#replace(number, {path, kept, gone})
    return null
  }

  /** Beside it where there is a trash, else in intd's place: a name in todo/ that begins with a dot is no message. */
  #replace(number: MessageNumber, {path, kept, gone}: {path: string; kept: Buffer; gone: readonly string[]}): void {
    const {below, ledger} = this.#marking
    const temporary = below === null ? path.replace(/[^/]*$/, '.mailops.$&') : `${below}todo.new`
    writeLike(path, temporary, kept)
    ledger?.intend({number, marks: new Map(), gone})
    ledger?.sync()
    if (below !== null) fs.linkSync(path, below + path)
    fs.renameSync(temporary, path)
    ledger?.sync(true)
  }

  /** Nobody is left: the whole message goes, in the order of its row, todo being the commit and mess the last. */
  #removeAll(number: MessageNumber): void {
    const {below, ledger, live} = this.#marking
    ledger?.intend({number, marks: new Map()})
    ledger?.sync()
    const presence = lookUp(live.queue, number)
    for (const part of partsInOrder(live.queue.layout, stateRow(presence).purge)) {
      if ((presence & part.bit) === 0) continue
      const path = pathIn(part, number)
      if (below === null || part.bit === PRESENCE.mess) fs.unlinkSync(path)
      else fs.renameSync(path, below + path)
    }
    ledger?.sync(true)
  }
}

const markStopped = async (marking: Marking): Promise<void> => {
  const {live, skips, taken, context} = marking
  const {snapshot} = live
  const inTodo = await markAll(marking, chosenIndexes(live), index => {
    const presence = snapshot.presenceAt(index)
    return (presence & PRESENCE.todo) === 0 ? {presence, recipients: snapshot.recipientsAt(index)} : null
  })
  const rewriter = new Rewriter(marking)
  for (const index of inTodo) {
    if (context.signal.aborted) return
    const reason = rewriter.rewrite(index)
    if (reason === null) taken.indexes.push(index)
    else skips.add(String(snapshot.numberAt(index)), reason)
  }
}

/** Applies --only-recipient under the queue's lock. */
export const applyOffline = async (args: LiveArgs, live: LivePurge, context: BulkContext): Promise<BulkResult> => {
  const stop = {...(live.stop ?? STOPPED_ALREADY), recoverArgv: recoverArgv(context.journalId)}
  const {value, downtimeMs} = await withQueueLock(live.queue.path, stop, context, () =>
    withMarking({args, live, context}, markStopped),
  )
  return {...value, result: {...value.result, serviceDowntimeMs: downtimeMs}}
}
