// Blocks of a plain bundle: gzip members one behind the other, which any gzip reads as one file.
import {crc32} from 'node:zlib'

import {damaged} from '../../bundle/damaged.js'
import {BLOCK, isSound, MEMBER_HEADER, memberHeader} from '../../bundle/member.js'
import {readAt, type BlockRef, type Framing, type Scan} from './framing.js'

const scan = (fd: number, size: number): Scan => {
  const blocks: BlockRef[] = []
  let end = 0
  while (end < size) {
    const header = memberHeader(readAt(fd, end, MEMBER_HEADER))
    if (header === null || end + header.bytes > size) break
    blocks.push({offset: end, bytes: header.bytes, flags: header.flags, index: blocks.length, segment: 0})
    end += header.bytes
  }
  return {blocks, end, whole: end === size && ((blocks.at(-1)?.flags ?? 0) & BLOCK.last) !== 0}
}

/** @param path for error messages */
export const plainFraming = (path: string): Framing => ({
  sealed: false,
  start: 0,
  overhead: 0,
  scan,
  read: (fd, {offset, bytes}) => {
    const member = readAt(fd, offset, bytes)
    if (member.length < bytes) throw damaged(path, `it became shorter while it was read, at byte ${offset}`)
    if (!isSound(member, crc32)) throw damaged(path, `the block at byte ${offset} was damaged since it was written`)
    return member
  },
  twin: beside => ({framing: plainFraming(beside), header: Buffer.alloc(0)}),
  continueAfter: () => ({frame: member => member}),
})
