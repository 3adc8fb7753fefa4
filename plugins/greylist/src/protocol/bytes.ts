// Bytes that came as latin1 text, one character each, as the text that they are.

/** UTF-8 where the bytes are that, else themselves: an address of any encoding is still an address. */
export const textOfLatin1 = (bytes: string): string => {
  if (!/[^\x00-\x7f]/.test(bytes)) return bytes
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(Uint8Array.from(bytes, character => character.charCodeAt(0) & 0xff))
  } catch {
    return bytes // not UTF-8, which no sender is bound to
  }
}
