#!/usr/bin/env node
// The greylist filter without a daemon, for run scripts: what `mailops greylist filter` starts, without oclif.
import {standaloneFilter} from '@mailops/plugin-greylist/dist/effects/standalone/filter.js'
import {describe} from 'mailops/core'

try {
  await standaloneFilter(process.argv.slice(2))
} catch (error) {
  const {message, hint, exit} = describe(error)
  // tcpserver's client is on stdout: it is sent away for now, and the log has the reason.
  process.stdout.write('451 4.3.0 mail server temporarily unable to serve\r\n')
  process.stderr.write(`mailops greylist filter: ${message}${hint === undefined ? '' : `; try: ${hint}`}\n`)
  process.exitCode = exit
}
