// mailops qmail purge, restore and trash as a user runs them: statuses, documents, what is said
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync} from 'node:fs'
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'

import {afterEach, beforeEach, describe, expect, test} from 'vitest'

import {startFakeQmailSend, type FakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {addMessage, createQueue, differences, fillQueue, pathOf, snapshotTree, type Queue} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'

const BIN = join(import.meta.dirname, '../../../../bin/run.js')

let base: string
let queue: Queue
let send: FakeQmailSend | undefined

beforeEach(() => {
  base = temporaryDirectory('command')
  queue = createQueue(join(base, 'queue'), {split: 3})
})
afterEach(async () => {
  await send?.stop()
  send = undefined
})

const mailops = (args: readonly string[], options: {uid?: number; gid?: number} = {}) => {
  const {status, stdout, stderr} = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8', cwd: '/', ...options,
    env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), MAILOPS_QMAIL_QUEUE: queue.dir, NO_COLOR: '1'},
  })
  return {status, stdout, stderr}
}
const json = (args: readonly string[]) => {
  const {status, stdout, stderr} = mailops([...args, '--json'])
  return {status, stderr, document: JSON.parse(stdout) as Record<string, any>}
}
const purge = (...args: string[]) => json(['qmail', 'purge', ...args, '--yes'])
/** The journal of an emptying that was killed at its beginning; gives its path. */
const startEmptying = (id: string): string => {
  const path = join(base, 'state', 'journal', '20991231-235959-abcd.jsonl')
  const change = {kind: 'bulk', handler: 'qmail.trash.empty', direction: 'apply', args: {queue: queue.dir, ids: [id]}, undoable: false, summary: 'x', why: 'x'}
  const plan = {
    type: 'plan', version: 1, id: '20991231-235959-abcd', at: '2026-01-01T00:00:00.000Z', subject: 'qmail trash empty',
    resource: queue.dir, onCrash: 'rollback', undoable: false, uid: process.getuid!(), pid: 4_000_000, changes: [change],
  }
  const lines = [plan, {type: 'staged'}, {type: 'begin', n: 0}].map(line => `${JSON.stringify(line)}\n`)
  writeFileSync(path, lines.join(''), {mode: 0o600})
  return path
}
const trashes = (): Record<string, any>[] =>
  mailops(['qmail', 'trash', 'list', '--json']).stdout.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Record<string, any>)

describe('what is refused, and changes nothing', () => {
  test.each([
    [[], 'nothing was selected', 64],
    [['--all', '--sender', 'x'], 'does not go with a selection', 64],
    [['--sender', 'x', '--method', 'swap'], 'goes with --all alone', 64],
    [['--sender', 'x', '--only-recipient'], 'needs to know which', 64],
    [['--all', '--method', 'live'], 'no qmail-send runs', 75],
    [['--all', '--return', '--no-trash'], 'neither', 64],
    [['--all', '--stop-command', 'true'], '--stop', 64],
  ])('%j', (args, text, status) => {
    addMessage(queue)
    const before = snapshotTree(queue.dir)
    const ended = mailops(['qmail', 'purge', ...args, '--yes'])
    expect(ended.stderr).toContain(text)
    expect(ended.status).toBe(status)
    expect(differences(before, snapshotTree(queue.dir))).toEqual([])
  })

  test.skipIf(process.getuid?.() !== 0).each([
    [['purge', '--all']], [['purge', '--all', '--no-trash']], [['purge', '--all', '--method', 'swap']], [['hold', '--all']], [['retry', '--remote']],
  ])('on a read-only file system, which is named: %j', args => {
    addMessage(queue)
    const script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    const {status, stderr} = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', queue.dir, process.execPath, BIN, 'qmail', ...args, '--yes'], {
      encoding: 'utf8', env: {...process.env, MAILOPS_STATE_DIR: join(base, 'state'), MAILOPS_RUN_DIR: join(base, 'run'), MAILOPS_QMAIL_QUEUE: queue.dir},
    })
    expect(stderr).toMatch(/^mailops: cannot .*: read-only file system \[EROFS\]$/m)
    expect(status).toBe(73)
    expect(mailops(['recover']).stderr).toContain('nothing was left unfinished')
  })

  test('without a terminal and --yes', () => {
    addMessage(queue)
    const {status, stderr} = mailops(['qmail', 'purge', '--all'])
    expect(status).toBe(64)
    expect(stderr).toContain('move 1 message')
    expect(stderr).toContain('NEEDS_YES')
  })

  test('a directory that is no queue', () => {
    mkdirSync(join(base, 'none'))
    expect(mailops(['qmail', 'purge', '--all', '--yes', '--queue', join(base, 'none')])).toMatchObject({status: 65})
    expect(mailops(['qmail', 'purge', '--all', '--yes', '--queue', join(base, 'absent')])).toMatchObject({status: 66})
  })

  test.skipIf(process.getuid?.() !== 0)('another user than the queue knows', () => {
    addMessage(queue)
    const before = snapshotTree(queue.dir)
    const {status, stderr} = mailops(['qmail', 'purge', '--all', '--yes'], {uid: 65_534, gid: 65_534})
    expect(stderr).toMatch(/permission/)
    expect(status).toBe(77)
    expect(differences(before, snapshotTree(queue.dir))).toEqual([])
  })
})

test('the document has exactly the members that are promised, and the last line says how to undo', () => {
  fillQueue(queue, 30)
  const {status, document, stderr} = purge('--all')
  expect(status).toBe(0)
  expect(Object.keys(document)).toEqual(['queue', 'method', 'selected', 'removed', 'marked', 'skipped', 'bytes', 'journalId', 'trash', 'serviceDowntimeMs'])
  expect(document).toMatchObject({queue: queue.dir, method: 'offline', selected: 30, removed: 30, marked: 0, skipped: [], serviceDowntimeMs: 0})
  expect(document['trash']).toBe(join(queue.dir, '.mailops-trash', document['journalId']))
  expect(statSync(document['trash']).mode & 0o777).toBe(0o700)
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^30 messages purged \\(.*, offline\\); journal .*mailops undo ${document['journalId']}$`))
})

test('nothing that matches is no failure', () => {
  addMessage(queue)
  expect(purge('--sender', 'nobody@nowhere.example')).toMatchObject({status: 0, document: {selected: 0, removed: 0, journalId: null}})
})

test('a dry run tells counts, senders and the first 25, and changes nothing', () => {
  fillQueue(queue, 40)
  const before = snapshotTree(queue.dir)
  const {status, stdout} = mailops(['qmail', 'purge', '--all', '--dry-run'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^move 40 messages .* to the trash, offline/)
  expect(stdout).toContain('most by sender')
  expect(stdout.slice(stdout.indexOf('the first 25:')).trimEnd().split('\n')).toHaveLength(27)
  const {document} = json(['qmail', 'purge', '--all', '--dry-run'])
  expect(document).toMatchObject({dryRun: true, selected: 40, removed: 0, journalId: null})
  expect(document['messages']).toHaveLength(25)
  expect(differences(before, snapshotTree(queue.dir))).toEqual([])
  expect(existsSync(join(base, 'state/journal'))).toBe(false)
})

describe('a message with other pending recipients', () => {
  let number: string
  beforeEach(() => {
    number = addMessage(queue, {recipients: [{address: 'a@one.example'}, {address: 'b@two.example'}]})
    addMessage(queue, {recipients: [{address: 'c@one.example'}]})
  })

  test('stays, which is told, status 75 after the rest is done', () => {
    expect(purge('--recipient', '@one.example')).toMatchObject({
      status: 75, document: {selected: 2, removed: 1, skipped: [{id: number, reason: 'other recipients are pending'}]},
    })
    expect(mailops(['qmail', 'purge', '--recipient', '@one.example', '--dry-run']).stdout).toContain('--whole-message')
  })
  test('goes with --whole-message', () => {
    expect(purge('--recipient', '@one.example', '--whole-message')).toMatchObject({status: 0, document: {removed: 2, skipped: []}})
  })
  test('keeps the others with --only-recipient', () => {
    expect(purge('--recipient', '@one.example', '--only-recipient')).toMatchObject({status: 0, document: {skipped: []}})
    expect(readFileSync(join(queue.dir, pathOf(queue, 'remote', number)), 'latin1')).toBe('Da@one.example\0Tb@two.example\0')
  })
})

test('--no-trash keeps nothing, and undo says so', () => {
  addMessage(queue)
  const {document} = purge('--all', '--no-trash')
  expect(document).toMatchObject({removed: 1, trash: null})
  expect(existsSync(join(queue.dir, '.mailops-trash'))).toBe(false)
  expect(mailops(['undo', document['journalId'], '--yes'])).toMatchObject({status: 64, stderr: expect.stringContaining('cannot be undone')})
  expect(mailops(['history']).stdout).toMatch(/qmail purge\s+done\s+no/)
})

describe('--export', () => {
  test('writes all of it first, 0600', () => {
    addMessage(queue, {body: 'From here on\n', sender: 'a@b.example'})
    const file = join(base, 'out.mbox')
    expect(purge('--all', '--export', file)).toMatchObject({status: 0, document: {removed: 1}})
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'latin1')
    expect(text).toMatch(/^From a@b\.example .*\nReturn-Path: <a@b\.example>\nX-Qmail-Queue-Id: \d+\nX-Qmail-Recipient: pending </)
    expect(text).toContain('\n>From here on\n')
    expect(text.match(/^From /gm)).toHaveLength(1)
  })
  test('overwrites nothing', () => {
    addMessage(queue)
    const file = join(base, 'out.mbox')
    writeFileSync(file, 'precious')
    expect(purge('--all', '--export', file)).toMatchObject({status: 73, document: {error: {code: 'EEXIST'}}})
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })
})

describe('with qmail-send running', () => {
  beforeEach(async () => {
    fillQueue(queue, 10, {shape: {todo: 0}})
    send = await startFakeQmailSend({queue: queue.dir, preprocess: true})
  })
  test('offline is refused with its pid; auto goes live', () => {
    const {status, document} = purge('--all', '--method', 'offline')
    expect(status).toBe(75)
    expect(document['error'].message).toContain(`(pid ${send!.pid()})`)
    expect(purge('--sender', '*')).toMatchObject({document: {method: 'live', selected: expect.any(Number), removed: 0}})
  })
})

describe('restore and trash', () => {
  test('a part, the rest, and what is left is listed', () => {
    const kept = addMessage(queue, {sender: 'keep@a.example'})
    fillQueue(queue, 5)
    const before = snapshotTree(queue.dir)
    const id = purge('--all').document['journalId'] as string
    expect(trashes()).toMatchObject([{id, messages: 6, method: 'offline', queue: queue.dir}])
    // Options first: one that took several words would swallow the id.
    expect(json(['qmail', 'restore', '--sender', 'keep@a.example', id, '--yes'])).toMatchObject({status: 0, document: {restored: 1, remaining: 5, complete: false}})
    expect(existsSync(join(queue.dir, pathOf(queue, 'mess', kept)))).toBe(true)
    expect(trashes()).toMatchObject([{id, messages: 5}])
    expect(mailops(['history']).stdout).toContain('partly-undone')
    expect(json(['qmail', 'restore', 'last', '--yes'])).toMatchObject({status: 0, document: {restored: 5, complete: true}})
    expect(trashes()).toEqual([])
    expect(differences(before, snapshotTree(queue.dir))).toEqual([])
  })

  test('of a swap a part can be brought back, and then the rest', () => {
    addMessage(queue, {sender: 'keep@a.example'})
    fillQueue(queue, 5)
    const before = snapshotTree(queue.dir)
    const {document} = purge('--all', '--method', 'swap')
    expect(document).toMatchObject({method: 'swap', removed: 6})
    expect(json(['qmail', 'restore', 'last', '--sender', 'keep@a.example', '--yes'])).toMatchObject({status: 0, document: {restored: 1}})
    expect(mailops(['undo', document['journalId'], '--yes'])).toMatchObject({status: 0})
    const names = (tree: typeof before) => [...tree].filter(([, {type}]) => type === 'file').map(([path]) => path)
    expect(names(snapshotTree(queue.dir))).toEqual(names(before))
  })

  test('emptied, it is gone for good, and undo says so', () => {
    addMessage(queue)
    const id = purge('--all').document['journalId'] as string
    expect(json(['qmail', 'trash', 'empty', '--older-than', '7d', '--yes'])).toMatchObject({status: 0, document: {trashes: []}})
    expect(json(['qmail', 'trash', 'empty', 'nonsense', '--yes'])).toMatchObject({status: 66})
    expect(json(['qmail', 'trash', 'empty', id, '--yes'])).toMatchObject({status: 0, document: {trashes: [id], messages: 1}})
    expect(mailops(['undo', id, '--yes'])).toMatchObject({status: 64, stderr: expect.stringContaining('TRASH_GONE')})
    expect(existsSync(join(queue.dir, '.mailops-trash'))).toBe(false)
  })

  test('an emptying that was killed: trash list says so, recover ends it, and so does the next one', () => {
    for (const end of [['recover'], ['qmail', 'trash', 'empty', '--yes']]) {
      fillQueue(queue, 20)
      const id = purge('--all').document['journalId'] as string
      const trash = join(queue.dir, '.mailops-trash', id)
      const began = startEmptying(id)
      renameSync(trash, `${trash}.emptying`) // what it does first
      unlinkSync(join(`${trash}.emptying`, 'mess', '0', readdirSync(join(`${trash}.emptying`, 'mess', '0'))[0]!))
      expect(mailops(['qmail', 'trash', 'list'])).toMatchObject({status: 0, stderr: expect.stringContaining('1 trash is under way or was cut off')})
      if (end[0] !== 'recover') rmSync(began)
      expect(mailops(end).status).toBe(0)
      expect(existsSync(join(queue.dir, '.mailops-trash')), end.join(' ')).toBe(false)
    }
  })

  test('a trash of many messages is emptied by threads, and nothing of it is left', () => {
    fillQueue(queue, 2500)
    addMessage(queue)
    purge('--all')
    const {status, document, stderr} = json(['qmail', 'trash', 'empty', '--yes', '-q'])
    expect({status, messages: document['messages'], stderr}).toEqual({status: 0, messages: 2501, stderr: ''})
    expect(existsSync(join(queue.dir, '.mailops-trash'))).toBe(false)
    expect(mailops(['qmail', 'check'])).toMatchObject({status: 0})
  })
})
