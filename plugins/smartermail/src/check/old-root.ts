// Where an installation lies, as text in settings names it: `C:\SmarterMail`, `c:/smartermail`, `C:\\SmarterMail` in JSON.
import {keyOf} from '../value/windows-path.js'

const normal = (text: string): string => text.toLowerCase().replaceAll(/[\\/]+/g, '/')

/** Drive and first directory, server and share, or the first two of a POSIX path; null where a path has no two. */
export const oldRoot = (path: string): string | null => {
  const key = normal(keyOf(path))
  const parts = key.split('/').filter(part => part !== '')
  return parts.length < 2 ? null : `${key.startsWith('/') ? '/' : ''}${parts.slice(0, 2).join('/')}`
}

/** The line (from 1) in which a text names the root or something below it; null when it does not. */
export const placeOfRoot = (text: string, root: string): number | null => {
  const flat = normal(text)
  for (let at = flat.indexOf(root); at >= 0; at = flat.indexOf(root, at + 1)) {
    // `D:/SmarterMail2`, `xC:/...` and `https://host/var/lib` are others.
    const [before, after] = [flat[at - 1] ?? ' ', flat[at + root.length] ?? ' ']
    if (!/[a-z0-9_.-]/.test(after) && !/[a-z0-9_./-]/.test(before)) return flat.slice(0, at).split('\n').length
  }
  return null
}
