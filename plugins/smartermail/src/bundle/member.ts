// A block of a bundle as a gzip member that says how long it is, so that blocks are found without being unpacked.

/** What a block is: bits. A run is the blocks that hold whole tar entries together; `flawed`: not to be taken over by --resume. */
export const BLOCK = {beginsRun: 1, manifest: 2, last: 4, flawed: 8} as const

/** Bytes of a tar archive in one block, before it is packed. */
export const BLOCK_BYTES = 1 << 20
/** More than a block of ours ever unpacks to: what is beyond is a bomb. */
export const MOST_UNPACKED = 4 << 20
/** A packed block is never longer; deflate adds a few bytes to what it cannot shorten. */
export const MOST_PACKED = 5 << 20

/** RFC 1952: magic, deflate, FEXTRA, no time, no name, unknown system; then the length of the extra field. */
const FIXED = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 16, 0)
const FORMAT = 1
/**
 * RFC 1952 2.3.1.1: subfield `MO`, 12 bytes: length of the member, flags, format, two zeros, CRC-32 of all of the
 * member with this field as zeros. gzip's own checksum is of the content only and lets some flipped bits pass.
 */
const SUBFIELD = Uint8Array.of(0x4d, 0x4f, 12, 0)
const PLAIN_HEADER = 10
const [LENGTH_AT, FLAGS_AT, CRC_AT] = [16, 20, 24]

/** Bytes before a member's deflated data. */
export const MEMBER_HEADER = FIXED.length + SUBFIELD.length + 12

/** CRC-32 as gzip has it (ISO 3309), continued from an earlier value. */
export type Crc32 = (bytes: Uint8Array, earlier?: number) => number

/** Makes a block of a plain gzip member (as zlib writes it: ten bytes of header and no fields). */
export const memberOf = (gzipped: Uint8Array, flags: number, crc32: Crc32): Buffer => {
  const member = Buffer.allocUnsafe(gzipped.length - PLAIN_HEADER + MEMBER_HEADER)
  member.set(FIXED)
  member.set(SUBFIELD, FIXED.length)
  member.writeUInt32LE(member.length, LENGTH_AT)
  member.set([flags, FORMAT, 0, 0, 0, 0, 0, 0], FLAGS_AT)
  member.set(gzipped.subarray(PLAIN_HEADER), MEMBER_HEADER)
  member.writeUInt32LE(crc32(member), CRC_AT)
  return member
}

/** Length and flags from the first MEMBER_HEADER bytes of a block; null when this is none of ours. */
export const memberHeader = (bytes: Buffer): {bytes: number; flags: number} | null => {
  if (bytes.length < MEMBER_HEADER) return null
  const expected = [...FIXED, ...SUBFIELD]
  if (expected.some((byte, at) => bytes[at] !== byte) || bytes[FLAGS_AT + 1] !== FORMAT) return null
  const length = bytes.readUInt32LE(LENGTH_AT)
  // Two bytes of deflated data and eight of check sums are the least.
  return length < MEMBER_HEADER + 10 || length > MOST_PACKED ? null : {bytes: length, flags: bytes[FLAGS_AT]!}
}

/** True when every bit of a block is as it was written. */
export const isSound = (member: Buffer, crc32: Crc32): boolean => {
  const before = crc32(member.subarray(0, CRC_AT))
  const zeros = crc32(new Uint8Array(4), before)
  return member.length > MEMBER_HEADER && crc32(member.subarray(CRC_AT + 4), zeros) === member.readUInt32LE(CRC_AT)
}
