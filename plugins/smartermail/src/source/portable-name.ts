// Which names may stand in a bundle: those that mean the same file on every host, below the directory they belong to.

// C0, DEL and C1, which no file of Windows has and which upset terminals and tar readers; a backslash parts names on
// Windows only; an unpaired surrogate cannot be written as UTF-8.
const NEVER = /[\u0000-\u001f\u007f-\u009f\\]|\p{Cs}/u

const DRIVE = /^[A-Za-z]:/

/**
 * Why a name may not stand in a bundle, null when it may: relative, parted by `/`, no `.` or `..`, no drive letter.
 * @param host the platform that would write it: on Windows a colon names a stream of another file
 */
export const nameFlaw = (name: string, host = 'linux'): string | null => {
  if (name === '') return 'it is empty'
  if (NEVER.test(name)) return 'it holds a backslash, a control character or half a character'
  if (name.startsWith('/')) return 'it is absolute'
  for (const segment of name.split('/')) {
    if (segment === '') return 'it holds an empty part'
    if (segment === '.' || segment === '..') return `it holds "${segment}"`
    if (DRIVE.test(segment)) return 'it holds a drive letter'
    if (host === 'win32' && /[:*?"<>|]|[. ]$/.test(segment)) return 'Windows has no such name'
  }
  return null
}
