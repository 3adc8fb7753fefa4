// How much room a trash takes before a single file moves into it.
import {PRESENCE, channelBit, type Presence} from '../message/presence.js'
import {isSplit, type QueueLayout} from '../queue/layout.js'
import {LINE_BYTES} from './manifest.js'

/** The directories of a queue that files of messages lie in, with the presence bit of each; in the order of the layout. */
export const partsOf = (layout: QueueLayout): {directory: string; bit: Presence}[] => [
  ...(['mess', 'intd', 'todo', 'info', 'bounce'] as const).map(directory => ({directory, bit: PRESENCE[directory]})),
  ...layout.channels.map((directory, index) => ({directory, bit: channelBit(index)})),
]

const BLOCK = 4096
/** A directory entry of ext4 with a name of up to 16 digits is 24 bytes; a hashed directory is half empty after its splits. */
const ENTRY_BYTES = 48

/** What is put into a trash. */
export interface TrashLoad {
  /** Messages that the manifest lists. */
  readonly lines: number
  /** Their senders' bytes in the manifest; 0 when it has none. */
  readonly senderBytes?: number
  /** How many files go into each part's directories, by directory. */
  readonly files: ReadonlyMap<string, number>
}

/** Returns the bytes and inodes that a trash needs: manifest, directories, and the directories' entries. */
export const trashNeeds = (layout: QueueLayout, {lines, senderBytes = 0, files}: TrashLoad): {bytes: number; inodes: number} => {
  let bytes = BLOCK * 4 + lines * LINE_BYTES + senderBytes * 6
  let inodes = 3
  for (const [directory, count] of files) {
    const parts = isSplit(layout, directory) ? layout.split : 1
    inodes += parts + 1
    bytes += BLOCK * (parts + 1) + count * ENTRY_BYTES
  }
  return {bytes, inodes}
}

/** Returns how many files each part has among messages of these presences; parts without any are left out. */
export const filesByPart = (layout: QueueLayout, presences: Iterable<Presence>): Map<string, number> => {
  const parts = partsOf(layout)
  const counts = parts.map(() => 0)
  for (const presence of presences)
    for (let i = 0; i < parts.length; i++) if ((presence & parts[i]!.bit) !== 0) counts[i]!++
  return new Map(parts.flatMap(({directory}, i) => (counts[i]! > 0 ? [[directory, counts[i]!] as const] : [])))
}
