// Trashes are found in a directory of the queue's user: what he plants there must not hold us.
import {spawnSync} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {listTrashes} from '../../src/effects/trash/place.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

test('a pipe or a link in the place of a manifest is told, not waited for', () => {
  const queue = temporaryDirectory('trash')
  const [pipe, link] = ['20260303-094512-5f0a', '20260303-094512-5f0b'].map(id => join(queue, '.mailops-trash', id)) as [string, string]
  for (const path of [pipe, link]) fs.mkdirSync(path, {recursive: true, mode: 0o700})
  expect(spawnSync('mkfifo', [join(pipe, 'manifest.jsonl')]).status).toBe(0)
  fs.symlinkSync('/etc/passwd', join(link, 'manifest.jsonl'))
  expect(listTrashes(queue)).toMatchObject({trashes: [], broken: [{problem: 'its manifest is empty'}, {problem: expect.stringContaining('link')}]})
})
