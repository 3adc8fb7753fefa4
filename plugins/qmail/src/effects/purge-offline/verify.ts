// After a purge: what was removed is gone, and whoever has one of its numbers now is a message of its own.
import {syncDirectory} from 'mailops/effects'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {directoriesOf, type QueueLayout} from '../../queue/layout.js'
import {lookUp, sameMessage, scanQueue, type OpenQueue, type Snapshot} from '../reading/index.js'

/** Up to so many messages a look at each is cheaper than reading all directories. */
const FEW = 1000

/** Returns the numbers of removed messages of which a file is still there although no other message has the number. */
export const leftBehind = (queue: OpenQueue, snapshot: Snapshot, {isRemoved, removed}: {isRemoved: Uint8Array; removed: number}): string[] => {
  const scan = removed > FEW ? scanQueue(queue) : undefined
  const isThere = (i: number): boolean => {
    const n = snapshot.numberAt(i)
    return scan === undefined ? lookUp(queue, n) !== 0 : scan.indexOf(n) !== -1
  }
  const left: string[] = []
  for (let i = 0; i < snapshot.length; i++)
    if (isRemoved[i] === 1 && isThere(i) && sameMessage(queue, snapshot.at(i)) !== 'other') left.push(String(snapshot.numberAt(i)))
  return left
}

/** Makes the renames and unlinks below a root survive a power cut; directories that are not there are passed over. */
export const syncParts = (root: string, layout: QueueLayout, parts: Iterable<string>): void => {
  for (const part of parts)
    for (const directory of directoriesOf(layout, part)) {
      const path = join(root, directory)
      if (fs.existsSync(path)) syncDirectory(path)
    }
}
