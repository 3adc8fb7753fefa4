#!/usr/bin/env node
// The command line: loads oclif, runs one command, prints what failed and ends with its status.
import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {Config, run} from '@oclif/core'

import {describe} from '../dist/errors.js'

// Plugins of a site: from one directory that only root can write, never from a home, which may be a stranger's.
const site = '/usr/local/lib/mailops'
const isRoot = process.getuid?.() === 0

// `mailops qmail list | head` ends the pipe early, which is no error.
process.stdout.on('error', error => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  const config = await Config.load({
    root: join(import.meta.dirname, '..'),
    userPlugins: !isRoot,
    ...(existsSync(join(site, 'package.json')) && {pluginAdditions: {core: ['**/mailops-*'], path: site}}),
  })
  await run(process.argv.slice(2), config)
} catch (error) {
  // The one place where an error becomes words and a status.
  const {code, message, hint, exit} = describe(error)
  process.exitCode = exit
  if (code !== 'EEXIT') {
    process.stderr.write(exit === 70 ? `${error?.stack ?? error}\n` : `mailops: ${message} [${code}]\n`)
    if (hint !== undefined) process.stderr.write(`mailops: try: ${hint}\n`)
  }
}
