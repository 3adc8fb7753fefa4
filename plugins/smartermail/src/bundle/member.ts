// A block of a bundle as a gzip member that says how long it is, so that blocks are found without being unpacked.

/** What a block is: bits. A run is the blocks that hold whole tar entries together. */
export const BLOCK = {beginsRun: 1, manifest: 2, last: 4} as const

/** Bytes of a tar archive in one block, before it is packed. */
export const BLOCK_BYTES = 1 << 20
/** More than a block of ours ever unpacks to: what is beyond is a bomb. */
export const MOST_UNPACKED = 4 << 20
/** A packed block is never longer; deflate adds a few bytes to what it cannot shorten. */
export const MOST_PACKED = 5 << 20

/** RFC 1952: magic, deflate, FEXTRA, no time, no name, unknown system; then the length of the extra field. */
const FIXED = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 12, 0)
const FORMAT = 1
/** RFC 1952 2.3.1.1: subfield `MO`, 8 bytes: length of the member, flags, format, two zeros. */
const SUBFIELD = Uint8Array.of(0x4d, 0x4f, 8, 0)
const PLAIN_HEADER = 10

/** Bytes before a member's deflated data. */
export const MEMBER_HEADER = FIXED.length + SUBFIELD.length + 8

/** Makes a block of a plain gzip member (as zlib writes it: ten bytes of header and no fields). */
export const memberOf = (gzipped: Uint8Array, flags: number): Buffer => {
  const bytes = gzipped.length - PLAIN_HEADER + MEMBER_HEADER
  const header = Buffer.alloc(MEMBER_HEADER)
  header.set(FIXED)
  header.set(SUBFIELD, FIXED.length)
  header.writeUInt32LE(bytes, 16)
  header[20] = flags
  header[21] = FORMAT
  return Buffer.concat([header, gzipped.subarray(PLAIN_HEADER)])
}

/** Length and flags from the first MEMBER_HEADER bytes of a block; null when this is none of ours. */
export const memberHeader = (bytes: Buffer): {bytes: number; flags: number} | null => {
  if (bytes.length < MEMBER_HEADER) return null
  const expected = [...FIXED, ...SUBFIELD]
  if (expected.some((byte, at) => bytes[at] !== byte) || bytes[21] !== FORMAT || bytes[22] !== 0 || bytes[23] !== 0) return null
  const length = bytes.readUInt32LE(16)
  // Two bytes of deflated data and eight of check sums are the least.
  return length < MEMBER_HEADER + 10 || length > MOST_PACKED ? null : {bytes: length, flags: bytes[20]!}
}
