// Reads qmail's control files as control.c does: bytes in, lines out.

const withoutTrailingSpace = (line: string): string => line.replace(/[ \t]+$/, '')

/**
 * Takes a control file's bytes and returns its entries as latin1 (control_readfile): trailing spaces and tabs dropped,
 * empty lines and lines beginning with # left out. A NUL ends an entry, as it does in constmap.c.
 */
export const controlLines = (bytes: Buffer): string[] =>
  bytes
    .toString('latin1')
    .split('\n')
    .map(withoutTrailingSpace)
    .filter(line => line !== '' && !line.startsWith('#') && !line.startsWith('\0'))
    .flatMap(line => line.split('\0'))

/** Takes a control file's bytes and returns its first line as latin1 without trailing space (control_readline). */
export const controlLine = (bytes: Buffer): string => {
  const end = bytes.indexOf(10)
  return withoutTrailingSpace(bytes.toString('latin1', 0, end === -1 ? bytes.length : end))
}

/** Takes a control file's bytes and returns the number it begins with, undefined without one (control_readint). */
export const controlNumber = (bytes: Buffer): number | undefined => {
  const digits = /^\d+/.exec(controlLine(bytes))
  return digits === null ? undefined : Number(digits[0])
}
