// Headers of tar entries, written and read with the package `tar`: a ustar block, and a pax header for what it cannot hold.
import {Header, Pax} from 'tar'

/** What is said of an entry before its bytes. */
export interface EntryHead {
  readonly name: string
  readonly directory: boolean
  readonly bytes: number
  readonly mtimeMs: number
  /** Time of the last change of the inode: what --resume compares as well; undefined for what we made ourselves. */
  readonly ctimeMs?: number
}

/** Tar pads everything to this. */
export const RECORD = 512

/** 0600 and 0700, whatever it was: what is unpacked by hand is as secret as the bundle. */
const MODE = {file: 0o600, directory: 0o700}

/** The bytes before an entry's content. */
export const headerOf = ({name, directory, bytes, mtimeMs, ctimeMs}: EntryHead): Buffer => {
  const path = directory ? `${name}/` : name
  const mtime = new Date(mtimeMs)
  const header = new Header({
    path, size: bytes, mode: directory ? MODE.directory : MODE.file, uid: 0, gid: 0, type: directory ? 'Directory' : 'File',
    mtime: new Date(Math.floor(mtimeMs / 1000) * 1000),
  })
  header.encode()
  const pax = new Pax({
    ...(header.needPax && {path, size: bytes}),
    mtime,
    ...(ctimeMs !== undefined && {ctime: new Date(ctimeMs)}),
  })
  return Buffer.concat([pax.encode(), header.block!])
}
