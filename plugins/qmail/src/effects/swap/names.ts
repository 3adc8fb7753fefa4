// Names of the files in the directories of a queue or of a trash, whatever their number.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {directoriesOf, type QueueLayout} from '../../queue/layout.js'

/** One entry of a directory: where it lies, relative to the root that was asked for. */
export interface Entry {
  readonly directory: string
  readonly name: string
}

/** Names in a directory as bytes (latin1); empty when there is none. */
export const namesIn = (path: string): string[] => {
  try {
    return fs.readdirSync(path, 'latin1')
  } catch (error) {
    // A trash that was partly restored may lack directories.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fromSystem(error, 'list', path)
  }
}

/** Every entry of a part's directories below a root; a part's own sub-directories are not entries. */
export function* entriesOf(root: string, layout: QueueLayout, part: string): Generator<Entry> {
  const directories = directoriesOf(layout, part)
  for (const directory of directories) for (const name of namesIn(join(root, directory))) yield {directory, name}
  if (directories.length === 1 && directories[0] === part) return
  const split = new Set(directories.map(directory => directory.slice(part.length + 1)))
  for (const name of namesIn(join(root, part))) if (!split.has(name)) yield {directory: part, name}
}

/** A path with a last component of bytes: names in a queue need not be UTF-8. */
export const pathTo = (root: string, {directory, name}: Entry): Buffer | string =>
  /^[\x20-\x7e]*$/.test(name) ? join(root, directory, name) : Buffer.concat([Buffer.from(join(root, directory, '/')), Buffer.from(name, 'latin1')])
