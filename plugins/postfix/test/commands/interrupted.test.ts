// ^C and SIGTERM while the engine is asked: neither private directories, nor processes, nor half of an output stay behind.
import {spawn} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {beforeEach, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'

const BIN = join(import.meta.dirname, '../../../../bin/run.js')

let base: string
beforeEach(() => {
  base = temporaryDirectory('interrupted')
  for (const name of ['bin', 'tmp', 'etc']) mkdirSync(join(base, name))
  writeFileSync(join(base, 'etc/main.cf'), 'compatibility_level = 3.6\nmyhostname = mx.example.com\n')
  // An engine that never comes to an end, and tells who it is once it runs.
  writeFileSync(join(base, 'bin/postmap'), `#!/bin/sh\necho $$ > ${join(base, 'pid.new')}\nmv ${join(base, 'pid.new')} ${join(base, 'pid')}\nwhile :; do :; done\n`, {mode: 0o755})
  writeFileSync(join(base, 'bin/postconf'), `#!/bin/sh\ncase "$*" in *-m*) echo cdb;; *-dh*) echo ${join(base, 'etc')};; esac\n`, {mode: 0o755})
  writeFileSync(join(base, 'map'), '/^dev@lists\\.example\\.com$/ a\n/^dev-join@lists\\.example\\.com$/ a\n')
})

/** A zombie has ended; whoever inherited it takes its time to look. */
const runs = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false // it has ended
  }
}

const until = async (what: string, condition: () => boolean): Promise<void> => {
  for (const end = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'optimize-regexp': ['--postmap-seconds', '100'],
  'lint-regexp': [],
  explain: ['dev@lists.example.com'],
  estimate: ['--measure'],
  'convert-regexp': ['--to', 'cdb', '-o', 'indexed', '--recipient-delimiter', ''],
}

test.each(
  Object.keys(COMMANDS).flatMap(command => (['SIGINT', 'SIGTERM'] as const).map(signal => [command, signal] as const)),
)('%s, %s', async (command, signal) => {
  const child = spawn(process.execPath, [BIN, 'postfix', command, `regexp:${join(base, 'map')}`, ...COMMANDS[command]!], {
    cwd: base, stdio: 'ignore',
    env: {
      ...process.env, PATH: `${join(base, 'bin')}:${process.env['PATH']}`, TMPDIR: join(base, 'tmp'), MAIL_CONFIG: join(base, 'etc'),
      MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'),
    },
  })
  const ended = new Promise<NodeJS.Signals | null>(resolve => void child.once('close', (_, by) => resolve(by)))
  await until('postmap runs', () => existsSync(join(base, 'pid')))
  const postmap = Number(readFileSync(join(base, 'pid'), 'utf8'))
  expect(readdirSync(join(base, 'tmp'))).not.toEqual([])
  child.kill(signal)
  expect(await ended).toBe(signal)
  await until('postmap has ended', () => !runs(postmap))
  expect(readdirSync(join(base, 'tmp'))).toEqual([])
  expect(readdirSync(base).filter(name => name.startsWith('indexed'))).toEqual([])
}, 60_000)
