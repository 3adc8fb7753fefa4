// Whose word is taken for being a supervisor: svc(8) writes where it says that it sits.
import {spawn} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

import {expect, onTestFinished, test} from 'vitest'

import {supervisorOf} from '../../src/effects/service/ancestry.js'
import {temporaryDirectory} from '../support/temporary.js'

const NOBODY = 65534

/** Runs a shell by the name of supervise with a child; gives the child's number. */
const childOf = async (directory: string, uid: number): Promise<number> => {
  const program = join(directory, 'supervise')
  fs.copyFileSync('/bin/sh', program)
  fs.chmodSync(program, 0o755)
  const child = spawn(program, ['-c', 'sleep 60 & echo $!; wait'], {cwd: directory, uid, gid: uid, detached: true, stdio: ['ignore', 'pipe', 'inherit']})
  onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'))
  for await (const line of createInterface({input: child.stdout})) return Number(line)
  throw new Error('no child')
}

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('root does not believe a supervisor of another user (needs root)', async () => {
  const [ours, theirs] = ['ours', 'theirs'].map(() => fs.realpathSync(temporaryDirectory('ancestry'))) as [string, string]
  fs.chmodSync(theirs, 0o755)
  expect(supervisorOf(await childOf(ours, 0))).toMatchObject({command: 'supervise', directory: ours})
  expect(supervisorOf(await childOf(theirs, NOBODY))).toBeNull()
})
