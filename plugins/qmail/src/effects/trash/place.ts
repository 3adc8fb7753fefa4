// Where the trashes of a queue are, and how one is found again: QUEUE/.mailops-trash/JOURNAL-ID/ with its manifest.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError, fromSystem} from 'mailops/core'

import {parseHeader, parseMessageLine, type TrashedMessage, type TrashHeader} from '../../trash/manifest.js'

/** Directory in the queue that holds all trashes; qmail ignores names that begin with a dot. */
export const TRASH_DIRECTORY = '.mailops-trash'
/** File in a trash that says what it holds, a line a message; its first line says of which purge. */
export const MANIFEST = 'manifest.jsonl'

const ID = /^\d{8}-\d{6}-[0-9a-f]{4}$/
const PIECE = 1 << 18

/** A trash on disk. */
export interface Trash {
  readonly id: string
  /** Absolute. */
  readonly path: string
  readonly header: TrashHeader
}

/** A directory in the place of a trash that is none: no manifest, or one that cannot be read. */
export interface BrokenTrash {
  readonly id: string
  readonly path: string
  readonly problem: string
}

/** Where a trash of that journal id is, from the queue's resolved path. */
export const trashPath = (queue: string, id: string): string => join(queue, TRASH_DIRECTORY, id)

const ownUid = (): number => process.getuid?.() ?? 0

/** Why a path is not a directory of ours that nobody else can write to, undefined when it is. */
const strangeness = (path: string): string | undefined => {
  const stat = fs.lstatSync(path)
  if (stat.isSymbolicLink()) return 'is a symbolic link, which is never followed here'
  if (!stat.isDirectory()) return 'is not a directory'
  // Root reads what others left; others trust only themselves.
  if (stat.uid !== ownUid() && ownUid() !== 0) return `belongs to uid ${stat.uid}`
  return (stat.mode & 0o022) !== 0 ? 'can be written to by others' : undefined
}

/** Names of trashes below a queue, ascending by age; empty when there never was one. @throws OpsError 77 `NOT_OURS` */
const trashIds = (queue: string): string[] => {
  const root = join(queue, TRASH_DIRECTORY)
  try {
    const strange = strangeness(root)
    if (strange !== undefined) throw new OpsError('NOT_OURS', `${root} ${strange}`, {exit: 'noPermission', hint: `ls -ld ${root}`})
    return fs.readdirSync(root).filter(name => ID.test(name)).toSorted()
  } catch (error) {
    // Nothing was ever purged into a trash here.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fromSystem(error, 'list', root)
  }
}

/**
 * All trashes of a queue, oldest first, and what lies in their place without being one.
 * @throws OpsError 77 `NOT_OURS` when .mailops-trash is a link or somebody else's, `EACCES` when it cannot be read
 */
export const listTrashes = (queue: string): {trashes: Trash[]; broken: BrokenTrash[]} => {
  const trashes: Trash[] = []
  const broken: BrokenTrash[] = []
  for (const id of trashIds(queue)) {
    const path = trashPath(queue, id)
    const header = headerOf(path)
    if (typeof header === 'string') broken.push({id, path, problem: header})
    else if (header.id !== id) broken.push({id, path, problem: `its manifest says that it is ${header.id}`})
    else trashes.push({id, path, header})
  }
  return {trashes, broken}
}

/** The header of a trash's manifest, or in words why the directory is no trash. */
export const headerOf = (path: string): TrashHeader | string => {
  const strange = strangeness(path)
  if (strange !== undefined) return strange
  try {
    for (const line of linesOf(join(path, MANIFEST))) return parseHeader(line) ?? 'its manifest has no header of this version'
    return 'its manifest is empty'
  } catch (error) {
    // One trash that cannot be read must not hide the others; the text says why.
    return (fromSystem(error, 'read', join(path, MANIFEST)) as Error).message
  }
}

/** The trash whose purge had that token (see TrashHeader), undefined when it is gone. */
export const findTrash = (queue: string, token: string): Trash | undefined =>
  listTrashes(queue).trashes.find(({header}) => header.token === token)

/** The messages that a manifest lists, streaming; lines that a crash tore are passed over. */
export function* manifestMessages({path}: Pick<Trash, 'path'>): Generator<TrashedMessage> {
  let isHeader = true
  for (const line of linesOf(join(path, MANIFEST))) {
    const message = isHeader ? undefined : parseMessageLine(line)
    isHeader = false
    if (message !== undefined) yield message
  }
}

/** Lines of a file, read in pieces; a symbolic link is refused (ELOOP), a pipe has none. */
function* linesOf(path: string): Generator<string> {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
  try {
    const piece = Buffer.allocUnsafe(PIECE)
    let rest: Buffer = Buffer.alloc(0)
    for (let size; (size = fs.readSync(fd, piece, 0, PIECE, null)) > 0; ) {
      const bytes = Buffer.concat([rest, piece.subarray(0, size)])
      let start = 0
      for (let end; (end = bytes.indexOf(10, start)) !== -1; start = end + 1) yield bytes.toString('utf8', start, end)
      rest = bytes.subarray(start)
    }
    if (rest.length > 0) yield rest.toString('utf8')
  } finally {
    fs.closeSync(fd)
  }
}
