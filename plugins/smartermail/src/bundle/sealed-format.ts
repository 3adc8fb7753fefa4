// Layout of an encrypted bundle, version 1, as docs/smartermail-bundle.md describes it: bytes only, no cryptography.

const MAGIC = Buffer.from('mailops\u001a', 'latin1')
const VERSION = 1
/** The one way of making a key of a passphrase so far: scrypt, RFC 7914. */
const SCRYPT = 1

/** Bytes of the file's header. */
export const SEALED_HEADER = 64
/** Bytes at its start that the passphrase check is made over. */
export const CHECKED_HEADER = 48
/** Bytes before each record. */
export const RECORD_HEADER = 16
/** Bytes of a segment's record: the salt of its key, and the last tag before it. */
export const SEGMENT_BODY = 48
/** Bytes of the authentication tag behind each block. */
export const TAG = 16

/** What a key is made with. */
export interface KeySettings {
  readonly log2N: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
}

/** One of the costs that OWASP gives for scrypt: 64 MiB and a fraction of a second for every guess. */
export const KEY_COST = {log2N: 16, r: 8, p: 2} as const
/** What a header may ask for at most, so that a hostile one cannot take all memory. */
const MOST_KEY_BYTES = 512 << 20

/** The first 48 bytes of the header; the passphrase check, 16 bytes, follows. */
export const checkedHeader = ({log2N, r, p, salt}: KeySettings): Buffer =>
  Buffer.concat([MAGIC, Uint8Array.of(VERSION, SCRYPT, log2N, r, p, 0, 0, 0), salt])

/** True when a file that begins so is encrypted, whatever its version. */
export const isSealed = (start: Buffer): boolean => start.subarray(0, MAGIC.length).equals(MAGIC)

/** The settings in a header; a text that says why it cannot be used otherwise. */
export const readHeader = (header: Buffer): KeySettings | string => {
  if (header.length < SEALED_HEADER) return 'it ends within its header'
  if (header[8] !== VERSION) return `it is of version ${header[8]}, and only version ${VERSION} is known here`
  const [kind, log2N, r, p] = [header[9]!, header[10]!, header[11]!, header[12]!]
  if (kind !== SCRYPT) return `it makes its key in a way (${kind}) that is not known here`
  const fits = log2N >= 10 && log2N <= 24 && r >= 1 && p >= 1 && p <= 16 && 128 * 2 ** log2N * r <= MOST_KEY_BYTES
  if (!fits) return `making its key would take more than ${MOST_KEY_BYTES >> 20} MB`
  return {log2N, r, p, salt: Buffer.from(header.subarray(16, CHECKED_HEADER))}
}

/** `S` begins a segment (a new key), `D` is an encrypted block. */
export type RecordKind = 'S' | 'D'

/** What is before each record. */
export interface RecordHeader {
  readonly kind: RecordKind
  /** Bits of BLOCK. */
  readonly flags: number
  /** Bytes that follow the header, the tag of a block not counted. */
  readonly bytes: number
  /** Number of the block, from 0 through the whole file; of a segment: that of its first block. */
  readonly index: number
}

/** The 16 bytes before a record; as a block's additional data they are authenticated with it. */
export const recordHeader = ({kind, flags, bytes, index}: RecordHeader): Buffer => {
  const header = Buffer.alloc(RECORD_HEADER)
  header.write(kind, 0, 'latin1')
  header[1] = flags
  header.writeUInt32LE(bytes, 4)
  header.writeBigUInt64LE(BigInt(index), 8)
  return header
}

/** Reads what recordHeader wrote; null when these bytes are no such header. */
export const readRecordHeader = (bytes: Buffer): RecordHeader | null => {
  if (bytes.length < RECORD_HEADER) return null
  const kind = String.fromCharCode(bytes[0]!)
  if ((kind !== 'S' && kind !== 'D') || bytes[2] !== 0 || bytes[3] !== 0) return null
  return {kind, flags: bytes[1]!, bytes: bytes.readUInt32LE(4), index: Number(bytes.readBigUInt64LE(8))}
}

/** 96 bits, GCM's own size (NIST SP 800-38D 8.2.1): four zeros and the block's number; never twice under one key. */
export const nonceOf = (index: number): Buffer => {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(index), 4)
  return nonce
}
