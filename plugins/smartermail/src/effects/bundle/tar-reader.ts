// Reads tar entries with suspicion: files and directories below their place, of a declared size, and nothing else.
import {Header, Pax, type HeaderData} from 'tar'

import {damaged, unsafe} from '../../bundle/damaged.js'
import {nameFlaw} from '../../source/portable-name.js'
import {Pieces} from './pieces.js'
import {RECORD, type EntryHead} from './tar-header.js'

/** An entry and its content, to be read before the next entry is asked for; unread, it is passed over. */
export interface ReadEntry extends EntryHead {
  readonly content: () => AsyncGenerator<Buffer>
}

/** A pax header holds names and times; one beyond this is a bomb. */
const MOST_PAX = 256 << 10
/** The longest name any system takes, with room to spare. */
const MOST_NAME = 32_768

/**
 * The entries of an archive.
 * @param path of the archive, for error messages
 * @throws OpsError 65 `BUNDLE_UNSAFE` for names that lead out, links, devices; `BUNDLE_DAMAGED` for what is no tar
 */
export async function* tarEntries(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const pieces = new Pieces(chunks)
  let extended: Extended | undefined
  for (;;) {
    const block = await pieces.exactly(RECORD)
    // Without the two empty records at its end: a run of a bundle has none.
    if (block.length === 0) return
    if (block.length < RECORD) throw damaged(path, 'it ends within the header of an entry')
    const header = decode(path, block, extended)
    if (header.nullBlock) {
      if (extended !== undefined) throw damaged(path, 'a header for an entry that does not come')
      await pastTheEnd(path, pieces)
      return
    }
    if (!header.cksumValid) throw damaged(path, `the header of an entry fails its checksum, at byte ${pieces.taken - RECORD} of the archive`)
    const {type} = header
    if (type === 'ExtendedHeader' || type === LONG_NAME) {
      if (extended !== undefined) throw damaged(path, 'two extended headers for one entry')
      const body = await extendedBody(path, header, pieces)
      extended = type === LONG_NAME ? {path: body.replace(/\0.*$/s, '')} : Pax.parse(body)
      continue
    }
    // Header puts ustar's prefix before an extended path too, as if that were cut as well.
    const entry = entryOf(path, header, extended?.path ?? header.path ?? '')
    extended = undefined
    const rest = {left: entry.bytes, isOpen: true}
    yield {...entry, content: () => contentOf(path, pieces, rest)}
    rest.isOpen = false
    await pieces.skip(rest.left, () => cutShort(path, entry.name))
    await pieces.skip((RECORD - (entry.bytes % RECORD)) % RECORD, () => cutShort(path, entry.name))
  }
}

/** What an extended header may say of the next entry. */
type Extended = Pick<HeaderData, 'path' | 'size' | 'mtime' | 'ctime' | 'linkpath'>

/** GNU tar's way of writing a name that does not fit. */
const LONG_NAME = 'NextFileHasLongPath'

const decode = (path: string, block: Buffer, extended: Extended | undefined): Header => {
  try {
    return new Header(block, 0, extended)
  } catch (error) {
    throw damaged(path, `the header of an entry cannot be read: ${(error as Error).message}`, error)
  }
}

const cutShort = (path: string, name: string): Error => damaged(path, `it ends within ${JSON.stringify(name)}`)

const extendedBody = async (path: string, {size = 0}: Header, pieces: Pieces): Promise<string> => {
  if (size > MOST_PAX) throw unsafe(path, `an extended header of ${size} bytes`)
  const body = await pieces.exactly(size)
  if (body.length < size) throw damaged(path, 'it ends within an extended header')
  await pieces.skip((RECORD - (size % RECORD)) % RECORD, () => damaged(path, 'it ends within an extended header'))
  return body.toString('utf8')
}

const entryOf = (path: string, header: Header, named: string): EntryHead => {
  const {size, mtime, ctime, type} = header
  const directory = type === 'Directory'
  const name = directory ? named.replace(/\/$/, '') : named
  const shown = JSON.stringify(name.slice(0, 200))
  if (type !== 'File' && type !== 'OldFile' && !directory) throw unsafe(path, `${shown} is no file but of type ${type}`)
  if (name.length > MOST_NAME) throw unsafe(path, `a name of ${name.length} characters`)
  const flaw = nameFlaw(name, process.platform)
  if (flaw !== null) throw unsafe(path, `the name ${shown}: ${flaw}`)
  if (header.linkpath) throw unsafe(path, `${shown} has the target of a link`)
  if (size === undefined || !Number.isSafeInteger(size)) throw damaged(path, `${shown} has no size`)
  if (mtime === undefined || Number.isNaN(mtime.getTime())) throw damaged(path, `${shown} has no time`)
  return {name, directory, bytes: size, mtimeMs: mtime.getTime(), ...(ctime !== undefined && {ctimeMs: ctime.getTime()})}
}

async function* contentOf(path: string, pieces: Pieces, rest: {left: number; isOpen: boolean}): AsyncGenerator<Buffer> {
  while (rest.left > 0) {
    if (!rest.isOpen) throw new Error('the content of an entry was asked for after the next entry')
    const piece = await pieces.upTo(rest.left)
    if (piece.length === 0) throw damaged(path, 'it ends within the content of an entry')
    rest.left -= piece.length
    yield piece
  }
}

/** Whatever follows the end of the archive would be seen by one reader and not by another. */
const pastTheEnd = async (path: string, pieces: Pieces): Promise<void> => {
  for (let piece; (piece = await pieces.upTo(1 << 20)).length > 0; )
    if (piece.some(byte => byte !== 0)) throw unsafe(path, 'there is more behind the end of its archive')
}
