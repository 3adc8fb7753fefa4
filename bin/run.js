#!/usr/bin/env node
// The command line: loads oclif, runs one command, prints what failed and ends with its status.
import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {Config, run} from '@oclif/core'

import {isUnderWay} from '../dist/effects/under-way.js'
import {describe, fromSystem} from '../dist/errors.js'
import {terminalSafeLines} from '../dist/output/terminal-safe.js'

// Plugins of a site: from one directory that only root can write, never from a home, which may be a stranger's.
const site = '/usr/local/lib/mailops'
const isRoot = process.getuid?.() === 0

// The one place where an error becomes words and a status. Under --json a command has told its own errors already;
// what comes here was none of a command's, a mistyped name for one.
const tell = (error, {json = false} = {}) => {
  const description = describe(error)
  const {code, message, hint, exit} = description
  process.exitCode = exit
  if (code === 'EEXIT') return
  if (json) process.stdout.write(`${JSON.stringify({error: description}, null, 2)}\n`)
  if (exit === 70) process.stderr.write(`${error?.stack ?? error}\n`)
  else if (!json) {
    process.stderr.write(`mailops: ${terminalSafeLines(message)} [${code}]\n`)
    if (hint !== undefined) process.stderr.write(`mailops: try: ${terminalSafeLines(hint)}\n`)
  }
}

// `mailops qmail list | head` ends the pipe early, which is no error; a full disk below `> FILE` is one. Neither may cut
// off a change that is under way. When nobody hears our talk any more, the work goes on all the same.
// oclif's own listener would throw.
process.stdout.removeAllListeners('error')
process.stdout.on('error', error => {
  if (error.code !== 'EPIPE') tell(fromSystem(error, 'write', 'standard output'))
  if (!isUnderWay()) process.exit()
})
process.stderr.on('error', () => {})

try {
  const config = await Config.load({
    root: join(import.meta.dirname, '..'),
    userPlugins: !isRoot,
    ...(existsSync(join(site, 'package.json')) && {pluginAdditions: {core: ['**/mailops-*'], path: site}}),
  })
  await run(process.argv.slice(2), config)
} catch (error) {
  tell(error, {json: process.argv.includes('--json')})
}
