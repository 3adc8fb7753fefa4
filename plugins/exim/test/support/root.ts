// A tree of files that stands for the root of another machine.
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

/** Writes files below a directory, by path. */
export const makeRoot = (directory: string, files: Readonly<Record<string, string>>): string => {
  for (const [path, text] of Object.entries(files)) {
    const full = join(directory, path)
    mkdirSync(dirname(full), {recursive: true})
    writeFileSync(full, text, 'latin1')
  }
  return directory
}
