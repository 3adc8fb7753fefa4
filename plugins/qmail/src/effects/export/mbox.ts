// Writes chosen messages into a new mbox file before they leave the queue.
import * as fs from 'node:fs'
import {dirname} from 'node:path'
import {setImmediate} from 'node:timers/promises'

import {OpsError, fromSystem} from 'mailops/core'
import {removeIfThere, syncDirectory} from 'mailops/effects'

import {MboxQuoting, mboxHead} from '../../export/mboxrd.js'
import {formatNumber} from '../../queue/number.js'
import {MessageReader, sameMessage, type OpenQueue, type Snapshot} from '../reading/index.js'

/** What to export. */
export interface Export {
  readonly queue: OpenQueue
  readonly snapshot: Snapshot
  /** False for a chosen message that stays in the queue. */
  readonly takes: (index: number) => boolean
  /** A path where nothing is yet. */
  readonly file: string
  readonly signal: AbortSignal
}

const STRIDE = 256
const CHUNK = 1 << 20
const {O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY} = fs.constants

/** Refuses (73 `EEXIST`) a file that is there, a link included: early, before anybody is asked. */
export const requireAbsent = (file: string): void => {
  if (fs.lstatSync(file, {throwIfNoEntry: false}) === undefined) return
  throw new OpsError('EEXIST', `${file} is there already, and an export overwrites nothing`, {exit: 'cannotCreate', hint: 'name another --export file'})
}

/**
 * Writes the messages as mboxrd, 0600, synced; gives how many. Messages that have gone meanwhile are left out.
 * @throws OpsError 73 when the file is there or there is no room, 74 when a message cannot be read; then no file is left
 */
export const exportMbox = async (what: Export): Promise<number> => {
  const {file} = what
  let fd: number
  try {
    fd = fs.openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  } catch (error) {
    throw fromSystem(error, 'create', file)
  }
  try {
    const written = await writeAll(what, fd)
    fs.fsyncSync(fd)
    syncDirectory(dirname(file))
    return written
  } catch (error) {
    removeIfThere(file)
    throw fromSystem(error, 'write', file)
  } finally {
    fs.closeSync(fd)
  }
}

const writeAll = async ({queue, snapshot, takes, signal}: Export, fd: number): Promise<number> => {
  const reader = new MessageReader(queue)
  const out = new Output(fd)
  let written = 0
  for (let i = 0; i < snapshot.length; i++) {
    if (i % STRIDE === STRIDE - 1) await setImmediate()
    if (signal.aborted) throw new OpsError('INTERRUPTED', 'interrupted; nothing was changed', {exit: 'interrupted'})
    if (!takes(i) || snapshot.at(i).headless) continue
    reader.load(snapshot.numberAt(i), snapshot.presenceAt(i))
    if (sameMessage(queue, snapshot.at(i)) === 'same' && writeMessage(reader, out)) written++
  }
  out.flush()
  return written
}

/** False when its mess file has gone. */
const writeMessage = (reader: MessageReader, out: Output): boolean => {
  const quoting = new MboxQuoting()
  const head = mboxHead({
    sender: reader.sender() ?? '',
    queuedAt: reader.queuedAt() ?? 0,
    number: formatNumber(reader.number),
    recipients: reader.recipients() ?? [],
  })
  const begun = out.mark()
  out.add(head)
  const read = reader.streamMess((buffer, length) => {
    out.add(quoting.push(buffer.toString('latin1', 0, length)))
    return false
  })
  if (read !== null) {
    out.add(quoting.finish())
    return true
  }
  out.back(begun)
  if (reader.vanished) return false
  const [problem] = reader.problems
  throw new OpsError('EXPORT', `nothing was changed: ${problem?.message ?? `message ${reader.number} cannot be read`}`, {exit: 'io'})
}

/** Collects text (latin1) and writes it in large pieces. */
class Output {
  readonly #fd: number
  #text = ''
  #size = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  add(text: string): void {
    this.#text += text
    if (this.#text.length >= CHUNK) this.flush()
  }

  /** Where the file would end now. */
  mark(): number {
    return this.#size + this.#text.length
  }

  /** Forgets what was added since a mark. */
  back(mark: number): void {
    this.flush()
    fs.ftruncateSync(this.#fd, mark)
    this.#size = mark
  }

  flush(): void {
    const bytes = Buffer.from(this.#text, 'latin1')
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(this.#fd, bytes, at, bytes.length - at, this.#size + at)
    this.#size += bytes.length
    this.#text = ''
  }
}
