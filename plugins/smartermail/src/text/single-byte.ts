// Single-byte encodings, both ways: what the Encoding Standard's decoder makes of each byte, and back.

/** A table of 256 characters and its inverse. */
export interface SingleByte {
  /** The standard's name: `windows-1252`. */
  readonly name: string
  readonly decode: (bytes: Uint8Array) => string
  /** Null: the encoding has no such character. */
  readonly byteOf: (character: string) => number | null
}

const SINGLE_BYTE = /^(?:iso-8859-\d+(?:-[ie])?|windows-\d+|koi8-[ru]|macintosh|x-mac-cyrillic|ibm866)$/

const decoderOf = (label: string) => {
  try {
    return new TextDecoder(label)
  } catch {
    return null // a label that the standard does not know, which the caller reports
  }
}

/** The encoding of a label (`ISO-8859-1` is read as windows-1252, as the standard has it); null when it is none. */
export const singleByte = (label: string): SingleByte | null => {
  const decoder = decoderOf(label)
  if (decoder === null || !SINGLE_BYTE.test(decoder.encoding)) return null
  const table = decoder.decode(Uint8Array.from({length: 256}, (_, byte) => byte))
  const bytes = new Map([...table].map((character, byte) => [character, byte] as const))
  bytes.delete('\ufffd')
  return {name: decoder.encoding, decode: data => decoder.decode(data), byteOf: character => bytes.get(character) ?? null}
}
