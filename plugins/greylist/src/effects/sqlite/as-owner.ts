// Root opens a store with the rights of whoever owns its folder: links planted there lead no further than he gets himself.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Whose rights a path is opened with; null for our own. In a folder that all may write to it is the owner of the file. */
const ownerOf = (path: string): Owner | null => {
  if (process.geteuid?.() !== 0) return null
  const folder = fs.statSync(dirname(path))
  const isOpen = folder.uid === 0 && (folder.mode & 0o022) !== 0
  const stat = isOpen ? (fs.lstatSync(path, {throwIfNoEntry: false}) ?? folder) : folder
  return stat.uid === 0 ? null : stat
}

/** Becomes somebody until what is returned is called. The real user stays root, so nobody else may signal us. */
const become = ({uid, gid}: Owner): (() => void) => {
  const groups = process.getgroups?.() ?? []
  const ownGroup = process.getegid?.() ?? 0
  process.setgroups?.([gid])
  process.setegid?.(gid)
  process.seteuid?.(uid)
  return () => {
    process.seteuid?.(0)
    process.setegid?.(ownGroup)
    process.setgroups?.(groups)
  }
}

/**
 * Does something with a file in a folder that may be another's, with that user's rights when we are root; what is made
 * belongs to him. It has to be synchronous: meanwhile the whole process is that user.
 */
export const asOwnerOf = <T>(path: string, work: () => T): T => {
  const owner = ownerOf(path)
  if (owner === null) return work()
  const back = become(owner)
  try {
    return work()
  } finally {
    back()
  }
}
