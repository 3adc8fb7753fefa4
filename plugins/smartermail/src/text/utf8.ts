// Where a text stops being UTF-8 (RFC 3629).

const lengthOf = (lead: number): number => (lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0)

// The second byte is bound tighter after some leads: no overlong forms, no surrogates, nothing above U+10FFFF.
const isSecond = (lead: number, byte: number): boolean => {
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  return byte >= least && byte <= most
}

/** Offset of the first byte that is not part of a character; -1 when all are. */
export const firstInvalid = (bytes: Uint8Array): number => {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!
    const length = lengthOf(lead)
    if (length === 0 || at + length > bytes.length) return at
    if (length > 1 && !isSecond(lead, bytes[at + 1]!)) return at
    for (let n = 2; n < length; n++) if ((bytes[at + n]! & 0xc0) !== 0x80) return at
    at += length
  }
  return -1
}
