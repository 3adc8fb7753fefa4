// Opens files below a root and nowhere else, whatever links somebody puts in the way meanwhile.
import {createHash} from 'node:crypto'
import * as fs from 'node:fs'
import {join, sep} from 'node:path'

import {OpsError} from 'mailops/core'

const {O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY} = fs.constants

/** A root's real path, all links in it resolved once: the root itself is the user's word. */
export const realRoot = (path: string): string => fs.realpathSync.native(path)

// What a descriptor refers to: /proc on Linux; elsewhere the path again, which leaves a moment between the two.
const hasProc = process.platform === 'linux' && fs.existsSync('/proc/self/fd')
const realPathOf = (fd: number, path: string): string =>
  hasProc ? fs.readlinkSync(`/proc/self/fd/${fd}`) : fs.realpathSync.native(path)

/**
 * Opens `relative` (parted by `/`) below a real root for reading; the caller closes it.
 * @throws OpsError 65 `LED_OUT` when a directory on the way has become a link; errors of open(2) as they are
 */
export const openInside = (root: string, relative: string): number => {
  const path = join(root, ...relative.split('/'))
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const real = realPathOf(fd, path)
    const prefix = root.endsWith(sep) ? root : root + sep
    if (real.startsWith(prefix) && fs.fstatSync(fd).isFile()) return fd
    throw new OpsError('LED_OUT', `${path} leads out of ${root}: it is now ${real}`, {exit: 'badData'})
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

/** The content of a file below a real root, if its digest is still this; null when it changed or went. */
export const contentIfStill = ({rootPath, name}: {rootPath: string; name: string}, sha256: string): Buffer | null => {
  try {
    const fd = openInside(rootPath, name)
    try {
      const content = fs.readFileSync(fd)
      return createHash('sha256').update(content).digest('hex') === sha256 ? content : null
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    // It was there a moment ago; that it is not now has been or will be reported by whoever needs it.
    return null
  }
}
