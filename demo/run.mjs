// npm run demo: the main jobs on bundled examples, in a sandbox of its own, every command shown as it is typed.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {eximDemo} from './exim.mjs'
import {postfixDemo} from './postfix.mjs'
import {greylistDemo} from './greylist.mjs'
import {qmailDemo} from './qmail.mjs'
import {smartermailDemo} from './smartermail.mjs'

const RUN = join(import.meta.dirname, '../bin/run.js')
const isTerminal = process.stdout.isTTY === true && !process.env['NO_COLOR']
const bold = text => (isTerminal ? `\u001b[1m${text}\u001b[0m` : text)

const sandbox = mkdtempSync(join(tmpdir(), 'mailops-demo-'))
const env = {
  ...process.env,
  MAILOPS_STATE_DIR: join(sandbox, 'state'),
  MAILOPS_RUN_DIR: join(sandbox, 'run'),
  MAILOPS_CONFIG_DIR: join(sandbox, 'config'),
}
mkdirSync(env.MAILOPS_RUN_DIR, {mode: 0o700})

/** Shows and runs one command; a status that was not expected ends the demo. */
const mailops = (args, {expect = 0} = {}) => {
  const words = args.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')
  process.stdout.write(`\n${bold(`$ mailops ${words}`)}\n`)
  const {status, stdout} = spawnSync(process.execPath, [RUN, ...args], {env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit']})
  process.stdout.write(stdout)
  if (status !== expect) throw new Error(`mailops ${words} ended with ${status}, not ${expect}`)
  return stdout
}

const title = text => process.stdout.write(`\n${bold(`== ${text} ==`)}\n`)
const say = text => process.stdout.write(`\n# ${text}\n`)

try {
  await qmailDemo({sandbox, mailops, title, say})
  await eximDemo({sandbox, mailops, title, say})
  postfixDemo({sandbox, mailops, title, say})
  await smartermailDemo({sandbox, mailops, title, say})
  await greylistDemo({sandbox, env, mailops, title, say})
  say('That was all. Nothing outside the sandbox was touched, and it is gone now.')
} finally {
  rmSync(sandbox, {recursive: true, force: true})
}
