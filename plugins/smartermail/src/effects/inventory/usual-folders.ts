// Where SmarterMail puts its Service folder unless told otherwise.
import * as fs from 'node:fs'
import {join} from 'node:path'

const windows = (env: NodeJS.ProcessEnv): string[] =>
  [env['ProgramFiles(x86)'], env['ProgramFiles']].flatMap(root => (root === undefined ? [] : [join(root, 'SmarterTools', 'SmarterMail', 'Service')]))

/** The Service folders that are there. */
export const usualFolders = (env: NodeJS.ProcessEnv = process.env): string[] =>
  (process.platform === 'win32' ? windows(env) : ['/etc/smartermail']).filter(path => fs.existsSync(path))
