// Case folding of bytes: ASCII letters only, since latin1 strings here are bytes and not text.

const UPPER = /[A-Z]/
const UPPERS = /[A-Z]+/g
const BEYOND_ASCII = /[\u0080-\uffff]/

/** Lower-cases ASCII letters and nothing else (case_lowerb.c); toLowerCase() would turn byte 0xC0 into 0xE0. */
export const asciiLower = (bytes: string): string =>
  !UPPER.test(bytes)
    ? bytes
    : BEYOND_ASCII.test(bytes)
      ? bytes.replace(UPPERS, letters => letters.toLowerCase())
      : bytes.toLowerCase()
