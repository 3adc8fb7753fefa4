// One message of a queue, in any state, named by the inode of its mess file as qmail-queue does it
// @ts-check
import {
  closeSync, fchownSync, fstatSync, futimesSync, linkSync, openSync, unlinkSync, writeSync,
} from 'node:fs'
import {createFile, pathOf, withoutUmask} from './layout.js'
import {bounceText, channelBytes, envelopeBytes, infoBytes} from './records.js'
import {partsOf} from './states.js'
import {messageText} from './text.js'

/** @import {NewFile, Queue} from './layout.js' */
/** @import {Recipient} from './records.js' */
/** @import {Part, State} from './states.js' */

/**
 * What a message is to be. Strings hold a character a byte (latin1), times are seconds since 1970.
 * @typedef {object} MessageSpec
 * @property {State} [state]  which of its files exist; pending when absent
 * @property {readonly Part[]} [parts]  exactly these files, whatever the state
 * @property {string} [sender]  envelope sender, '' for the null sender
 * @property {readonly Recipient[]} [recipients]  one remote recipient when absent
 * @property {string | null} [subject]  raw; null: no Subject line
 * @property {readonly string[]} [headers]  further header lines
 * @property {string} [body]
 * @property {string} [text]  the whole of mess/N instead of headers and body
 * @property {string} [bounce]  the whole of bounce/N
 * @property {number} [birth]  an hour ago when absent
 * @property {number | Partial<Record<string, number>>} [nextRetry]  of all channels, or by channel; birth when absent
 * @property {number} [accessed]  atime of mess/N, which the 36 hour rule counts from; birth when absent
 * @property {Partial<Record<string, string>>} [bytes]  raw content by directory name (info, todo, remote ...)
 * @property {string} [number]  a name that is not the inode number
 * @property {boolean} [freeNumber] without mess: give the inode back at once, see releaseNumbers
 */

const DEFAULT_SENDER = 'sender@client.example'
/** @type {readonly Recipient[]} */
const DEFAULT_RECIPIENTS = [{address: 'someone@remote.example'}]

/** @param {Queue} queue @returns {readonly [number, number] | null} owner of what qmail-queue writes */
const queueOwner = ({owners}) => owners && [owners.qmailq, owners.caller ?? 0]

/** @param {Queue} queue @returns {readonly [number, number] | null} owner of what qmail-send writes */
const sendOwner = ({owners}) => owners && [owners.qmails, owners.qmail]

/**
 * pid/x, its inode number, then the link to mess/ (qmail-queue.c pidopen, main).
 * @param {{queue: Queue, spec: MessageSpec, parts: readonly Part[], pid: number, birth: number}} work
 * @returns {string} the number
 */
const createMess = ({queue, spec, parts, pid, birth}) => {
  const {dir, progress} = queue
  const scratch = `${dir}/pid/${pid}.${birth}.${progress.added}`
  const fd = openSync(scratch, 'wx', 0o644)
  const number = spec.number ?? String(fstatSync(fd, {bigint: true}).ino)
  // Without mess/N the open descriptor still holds the number: a file made next could get it otherwise.
  const keep = !parts.includes('mess') && !parts.includes('pid')
  try {
    if (!keep) {
      writeSync(fd, messBytes({spec, pid, birth}))
      const owner = queueOwner(queue)
      if (owner) fchownSync(fd, ...owner)
      futimesSync(fd, spec.accessed ?? birth, birth)
    }
    if (parts.includes('mess')) linkSync(scratch, `${dir}/${pathOf(queue, 'mess', number)}`)
    if (!parts.includes('pid')) unlinkSync(scratch)
  } finally {
    if (keep) progress.held.push(fd)
    else closeSync(fd)
  }
  return number
}

/**
 * @param {{spec: MessageSpec, pid: number, birth: number}} work
 * @returns {Buffer} the content of mess/N
 */
const messBytes = ({spec, pid, birth}) => {
  if (spec.text !== undefined) return Buffer.from(spec.text, 'latin1')
  const {sender: from = DEFAULT_SENDER, recipients = DEFAULT_RECIPIENTS, subject = 'News', headers, body} = spec
  return messageText({
    pid, birth, sender: from,
    from: from === '' || from === '#@[]' ? 'MAILER-DAEMON@mx.example' : oneLine(from),
    to: oneLine(recipients[0]?.address ?? 'undisclosed-recipients:;'),
    ...(subject === null ? {} : {subject}),
    ...(headers && {headers}),
    ...(body !== undefined && {body}),
  })
}

/** @param {string} address @returns {string} fit for a header line */
const oneLine = (address) => address.replaceAll(/[\0\n]/g, '?')

/**
 * The envelope: intd/N, and todo/N as a second name of the same file.
 * @param {{queue: Queue, parts: readonly Part[], number: string, bytes: Buffer, birth: number}} work
 */
const createEnvelope = ({queue, parts, number, bytes, birth}) => {
  const intd = `${queue.dir}/${pathOf(queue, 'intd', number)}`
  createFile({path: intd, bytes, mode: 0o644, owner: queueOwner(queue), mtime: birth})
  if (parts.includes('todo')) linkSync(intd, `${queue.dir}/${pathOf(queue, 'todo', number)}`)
  if (!parts.includes('intd')) unlinkSync(intd)
}

/**
 * @param {MessageSpec} spec
 * @param {number} pid
 * @returns {Buffer} the content of todo/N
 */
const envelopeOf = ({sender: from = DEFAULT_SENDER, recipients = DEFAULT_RECIPIENTS, bytes = {}}, pid) => {
  const raw = bytes['todo'] ?? bytes['intd']
  if (raw !== undefined) return Buffer.from(raw, 'latin1')
  return envelopeBytes({uid: 1000, pid, sender: from, recipients})
}

/**
 * What qmail-send writes about a message, as files by directory name.
 * @param {{spec: MessageSpec, parts: readonly Part[], birth: number}} work
 * @returns {Map<string, {bytes: Buffer, mtime: number}>} in the order of their creation
 */
const sendFiles = ({spec, parts, birth}) => {
  const {recipients = DEFAULT_RECIPIENTS, nextRetry = birth} = spec
  /** @type {Map<string, {bytes: Buffer, mtime: number}>} */
  const files = new Map()
  if (parts.includes('info')) files.set('info', {bytes: infoBytes(spec.sender ?? DEFAULT_SENDER), mtime: birth})
  if (parts.includes('channels')) {
    for (const channel of new Set(recipients.map((recipient) => recipient.channel ?? 'remote'))) {
      const bytes = channelBytes(recipients.filter((recipient) => (recipient.channel ?? 'remote') === channel))
      files.set(channel, {bytes, mtime: typeof nextRetry === 'number' ? nextRetry : nextRetry[channel] ?? birth})
    }
  }
  if (parts.includes('bounce')) {
    const text = spec.bounce ?? bounceText(recipients[0]?.address ?? 'nobody@remote.example')
    files.set('bounce', {bytes: Buffer.from(text, 'latin1'), mtime: birth})
  }
  for (const [directory, text] of Object.entries(spec.bytes ?? {})) {
    const file = files.get(directory)
    if (file && text !== undefined) file.bytes = Buffer.from(text, 'latin1')
  }
  return files
}

/**
 * Adds a message without touching the umask or the working directory, for loops that set both once.
 * @param {Queue} queue where
 * @param {MessageSpec} spec what
 * @returns {string} its number
 */
export const addMessageRaw = (queue, spec) => {
  const {progress, now} = queue
  progress.added += 1
  const parts = spec.parts ?? partsOf(spec.state ?? 'pending')
  const birth = spec.birth ?? now - 3600
  const pid = 1000 + ((queue.seed * 7919 + progress.added * 31) % 31_000)
  const number = createMess({queue, spec, parts, pid, birth})
  if (parts.includes('intd') || parts.includes('todo')) {
    createEnvelope({queue, parts, number, bytes: envelopeOf(spec, pid + 1), birth})
  }
  for (const [directory, {bytes, mtime}] of sendFiles({spec, parts, birth})) {
    const path = `${queue.dir}/${pathOf(queue, directory, number)}`
    createFile({path, bytes, mode: 0o600, owner: sendOwner(queue), mtime})
  }
  if (spec.freeNumber) releaseNumbers(queue)
  return number
}

/**
 * Adds one message.
 * @param {Queue} queue where
 * @param {MessageSpec} [spec] what; a pending message with one remote recipient when absent
 * @returns {string} its number
 */
export const addMessage = (queue, spec = {}) => withoutUmask(() => addMessageRaw(queue, spec))

/**
 * Gives back the inodes of messages that were built without a mess file. Until then, or the end of the process, their
 * numbers are kept from reuse; from now on the next file may get one.
 * @param {Queue} queue whose
 */
export const releaseNumbers = ({progress}) => {
  for (const fd of progress.held.splice(0)) closeSync(fd)
}
