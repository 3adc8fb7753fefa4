// Blocks of an encrypted bundle: scrypt makes a key of the passphrase, AES-256-GCM seals each block under its number.
import {createCipheriv, createDecipheriv, hkdfSync, randomBytes, scryptSync, timingSafeEqual} from 'node:crypto'

import {OpsError} from 'mailops/core'

import {damaged, notABundle} from '../../bundle/damaged.js'
import {BLOCK, MOST_PACKED} from '../../bundle/member.js'
import {
  CHECKED_HEADER, KEY_COST, RECORD_HEADER, SEALED_HEADER, SEGMENT_BODY, TAG, checkedHeader, nonceOf, readHeader,
  readRecordHeader, recordHeader, type KeySettings,
} from '../../bundle/sealed-format.js'
import {readAt, type BlockRef, type Framer, type Framing, type Scan} from './framing.js'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32

const masterKey = (passphrase: Buffer, {log2N, r, p, salt}: KeySettings): Buffer => {
  const N = 2 ** log2N
  // OpenSSL counts a little more than the 128 * N * r of RFC 7914.
  return scryptSync(passphrase, salt, KEY_BYTES, {N, r, p, maxmem: 128 * N * r + 128 * r * p + (1 << 20)})
}

const derive = (master: Buffer, salt: Uint8Array, info: readonly Uint8Array[], bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', master, salt, Buffer.concat(info), bytes))

const checkOf = (master: Buffer, header: Buffer): Buffer =>
  derive(master, header.subarray(0, CHECKED_HEADER), [Buffer.from('mailops bundle passphrase check')], 16)

/** A new bundle's framing, and the header to begin its file with. */
export const newSealed = (path: string, passphrase: Buffer): {framing: Framing; header: Buffer} => {
  const settings = {...KEY_COST, salt: randomBytes(32)}
  const master = masterKey(passphrase, settings)
  const start = checkedHeader(settings)
  const header = Buffer.concat([start, checkOf(master, start)])
  return {framing: new Sealed(path, master, header), header}
}

/**
 * The framing of an encrypted file that is there.
 * @throws OpsError 77 `WRONG_PASSPHRASE`; 65 when its header cannot be used
 */
export const openSealed = (path: string, passphrase: Buffer, fd: number): Framing => {
  const header = readAt(fd, 0, SEALED_HEADER)
  const settings = readHeader(header)
  if (typeof settings === 'string') throw notABundle(path, settings)
  const master = masterKey(passphrase, settings)
  if (!timingSafeEqual(checkOf(master, header), header.subarray(CHECKED_HEADER)))
    throw new OpsError('WRONG_PASSPHRASE', `${path}: the passphrase is not the one it was encrypted with, or its header is damaged`, {
      exit: 'noPermission',
      hint: 'give the passphrase it was made with: --passphrase-file FILE',
    })
  return new Sealed(path, master, header)
}

class Sealed implements Framing {
  readonly sealed = true
  readonly start = SEALED_HEADER
  readonly overhead = RECORD_HEADER + SEGMENT_BODY + RECORD_HEADER + TAG
  readonly #path: string
  readonly #master: Buffer
  readonly #header: Buffer
  /** Segment records by their number in the last scan. */
  #segments: Buffer[] = []
  #keys: Buffer[] = []

  constructor(path: string, master: Buffer, header: Buffer) {
    this.#path = path
    this.#master = master
    this.#header = header
  }

  scan(this: Sealed, fd: number, size: number): Scan {
    this.#segments = []
    this.#keys = []
    const blocks: BlockRef[] = []
    let end = SEALED_HEADER
    while (end < size) {
      const bytes = this.#frameAt(fd, {end, size, blocks})
      if (bytes === 0) break
      end += bytes
    }
    const last = blocks.at(-1)
    const isWhole = last !== undefined && last.offset + last.bytes === size && (last.flags & BLOCK.last) !== 0
    return {blocks, end, whole: isWhole}
  }

  /** Takes the frame at `end` in; gives its length, 0 when there is no whole and fitting one. */
  #frameAt(fd: number, {end, size, blocks}: {end: number; size: number; blocks: BlockRef[]}): number {
    const start = readAt(fd, end, RECORD_HEADER)
    const header = readRecordHeader(start)
    if (header === null || header.index !== blocks.length) return 0
    if (header.kind === 'S') {
      const body = readAt(fd, end + RECORD_HEADER, SEGMENT_BODY)
      const isOurs = header.bytes === SEGMENT_BODY && body.length === SEGMENT_BODY && body.subarray(32).equals(this.#lastTag(fd, blocks))
      if (!isOurs) return 0
      this.#addSegment(Buffer.concat([start, body]))
      return RECORD_HEADER + SEGMENT_BODY
    }
    const bytes = RECORD_HEADER + header.bytes + TAG
    if (this.#segments.length === 0 || header.bytes > MOST_PACKED || end + bytes > size) return 0
    blocks.push({offset: end, bytes, flags: header.flags, index: header.index, segment: this.#segments.length - 1})
    return bytes
  }

  #addSegment(record: Buffer): Buffer {
    const salt = record.subarray(RECORD_HEADER, RECORD_HEADER + 32)
    // Header and segment record are part of the key: change a bit of either, and no block of the segment opens.
    const key = derive(this.#master, salt, [Buffer.from('mailops bundle segment'), this.#header, record], KEY_BYTES)
    this.#segments.push(record)
    this.#keys.push(key)
    return key
  }

  #lastTag(fd: number, blocks: readonly BlockRef[]): Buffer {
    const last = blocks.at(-1)
    return last === undefined ? Buffer.alloc(TAG) : readAt(fd, last.offset + last.bytes - TAG, TAG)
  }

  read(this: Sealed, fd: number, {offset, bytes, index, segment}: BlockRef): Buffer {
    const record = readAt(fd, offset, bytes)
    try {
      const decipher = createDecipheriv(CIPHER, this.#keys[segment]!, nonceOf(index), {authTagLength: TAG})
      decipher.setAAD(record.subarray(0, RECORD_HEADER))
      decipher.setAuthTag(record.subarray(bytes - TAG))
      return Buffer.concat([decipher.update(record.subarray(RECORD_HEADER, bytes - TAG)), decipher.final()])
    } catch (error) {
      // Wrong tag: the one thing that final() says, and all that needs to be known.
      throw damaged(this.#path, `block ${index} at byte ${offset} was changed or damaged since it was encrypted`, error)
    }
  }

  // Making the key once more would take half a second; a segment's own salt gives every file keys of its own.
  twin(this: Sealed, path: string): {framing: Framing; header: Buffer} {
    return {framing: new Sealed(path, this.#master, this.#header), header: this.#header}
  }

  continueAfter(this: Sealed, fd: number, blocks: readonly BlockRef[]): Framer {
    // Always under a new key, so that numbers used before, by blocks that are cut off now, are no nonces used twice.
    const salt = randomBytes(32)
    let next = blocks.length
    const record = Buffer.concat([
      recordHeader({kind: 'S', flags: 0, bytes: SEGMENT_BODY, index: next}), salt, this.#lastTag(fd, blocks),
    ])
    const key = this.#addSegment(record)
    let pending: Buffer | null = record
    return {
      frame: (member, flags) => {
        const header = recordHeader({kind: 'D', flags, bytes: member.length, index: next})
        const cipher = createCipheriv(CIPHER, key, nonceOf(next++), {authTagLength: TAG})
        cipher.setAAD(header)
        const parts = [...(pending === null ? [] : [pending]), header, cipher.update(member), cipher.final(), cipher.getAuthTag()]
        pending = null
        return Buffer.concat(parts)
      },
    }
  }
}
