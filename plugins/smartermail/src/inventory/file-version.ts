// The version that a Windows program carries: VS_VERSIONINFO, as Microsoft's PE format has it.

const KEY = Buffer.from('VS_VERSION_INFO', 'utf16le')
const SIGNATURE = 0xfeef04bd

/** `16.3.6989.0` from the fixed part of a program's version resource; null when there is none. */
export const fileVersion = (program: Uint8Array): string | null => {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength)
  for (let at = bytes.indexOf(KEY); at !== -1; at = bytes.indexOf(KEY, at + 1)) {
    // The key ends with a NUL and is padded to four bytes.
    for (let fixed = at + KEY.length; fixed <= at + KEY.length + 8 && fixed + 16 <= bytes.length; fixed += 2)
      if (bytes.readUInt32LE(fixed) === SIGNATURE) {
        const [high, low] = [bytes.readUInt32LE(fixed + 8), bytes.readUInt32LE(fixed + 12)]
        return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join('.')
      }
  }
  return null
}
