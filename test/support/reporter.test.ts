// The closing line counts what vitest alone would let pass: broken files, failed hooks, a run of nothing
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mailops-reporter-'))
})
afterEach(() => rmSync(dir, {recursive: true}))

const run = (files: Record<string, string>, ...args: string[]) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, `${name}.test.js`), text)
  const cli = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const reporter = join(import.meta.dirname, 'reporter.ts')
  const argv = [cli, 'run', '--globals', '--root', dir, '--reporter', 'default', '--reporter', reporter, ...args]
  const {status, stdout} = spawnSync(process.execPath, argv, {encoding: 'utf8'})
  const lines = stdout.trimEnd().split('\n').slice(-2)
  return {status, last: lines.at(-1), lines}
}

const GOOD = `test('good', () => {})`

test.each([
  {name: 'all is well', files: {a: GOOD, b: GOOD}, status: 0, last: '2 passed, 0 failed'},
  {
    name: 'skipped', files: {a: `${GOOD}; test.skip('later', () => {})`},
    status: 0, last: '1 passed, 0 failed, 1 skipped',
  },
  {
    name: 'failed', files: {a: GOOD, b: `test('bad', () => { throw new Error('no') })`},
    status: 1, last: '1 passed, 1 failed',
  },
  {name: 'broken file', files: {a: GOOD, b: `throw new Error('no')`}, status: 1, last: '1 passed, 1 failed'},
  {
    name: 'failed hook', status: 1, last: '1 passed, 1 failed, 1 skipped',
    files: {a: `${GOOD}; describe('group', () => { beforeAll(() => { throw new Error('no') }); ${GOOD} })`},
  },
  {
    name: 'error outside a test', status: 1, last: '1 passed, 1 failed',
    files: {a: `test('good', async () => { Promise.reject(new Error('no')); await new Promise(setImmediate) })`},
  },
])('$name: $last', ({files, status, last}) => {
  expect(run(files)).toMatchObject({status, last})
})

test('what passes at the second try is named', () => {
  const {status, lines} = run({a: `let n = 0; test('unsteady', () => { if (n++ === 0) throw new Error('no') }); ${GOOD}`}, '--retry', '1')
  expect({status, lines}).toMatchObject({status: 0, lines: ['passed when it was tried again: a.test.js: unsteady', '2 passed, 0 failed']})
})

test('nothing passed is a failure', () => {
  expect(run({a: GOOD}, '-t', 'no such test')).toMatchObject({status: 1, last: '0 passed, 0 failed, 1 skipped'})
})
