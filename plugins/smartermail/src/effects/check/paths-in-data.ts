// Settings in a domain's own directory that name where the installation lies: they are copied as they are, and then wrong.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {oldRoot, placeOfRoot} from '../../check/old-root.js'

/** Settings have some kilobytes; mail and indexes are no text. */
const MOST_BYTES = 512 * 1024
const SETTINGS = /\.(?:xml|json)$/i
/** So many files of a domain tell whether its users' settings have such paths. */
const MOST_FILES = 300

/** Looks for the root of a domain's path in its settings, file by file as the walk comes to them. */
export class PathsInData {
  /** How many files name it, and where the first does: `Users/amy/settings.json:12`. */
  count = 0
  first = ''
  readonly root: string | null
  private looked = 0

  /** @param path the domain's directory as the configuration names it */
  constructor(path: string) {
    this.root = oldRoot(path)
  }

  /** @param relative below `directory`, parted by `/` */
  look(directory: string, relative: string, bytes: number): void {
    if (this.root === null || bytes > MOST_BYTES || !SETTINGS.test(relative) || this.looked >= MOST_FILES) return
    this.looked++
    let text: string
    try {
      text = fs.readFileSync(join(directory, relative), 'latin1')
    } catch {
      return // gone, or closed to us: the walk or the bundle tells
    }
    const line = placeOfRoot(text, this.root)
    if (line === null) return
    if (this.count++ === 0) this.first = `${relative}:${line}`
  }
}
