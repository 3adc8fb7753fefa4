// Bringing messages back while qmail-send runs: injected again under their numbers, to whom is left, with their age
import {existsSync, lstatSync, readFileSync, readdirSync, rmSync, writeFileSync, renameSync, linkSync} from 'node:fs'
import {join} from 'node:path'

import {afterEach, describe, expect, onTestFinished, test} from 'vitest'

import {startFakeQmailSend, type FakeQmailSend} from '../../../../test/support/fake-qmail-send.js'
import {LOCAL, openRealQmail, whyNoRealQmail} from '../../../../test/e2e/qmail/real-qmail.js'
import {addMessage, pathOf, snapshotTree, type Queue} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {statePlace} from 'mailops/effects'
import {parseChannel} from '../../dist/message/channel-records.js'
import {openQueue} from '../../dist/effects/reading/index.js'
import {listTrashes, settleRestore} from '../../dist/effects/trash/index.js'
import {worldOf, type World} from '../effects/support/world.js'
import {bringBack, purgeOffline} from '../support/purge-offline.js'

let send: FakeQmailSend | undefined
afterEach(async () => {
  await send?.stop()
  send = undefined
})

const at = (queue: Queue, part: string, number: string): string => join(queue.dir, pathOf(queue, part, number))

const recipientsIn = (queue: Queue, part: string, number: string): string[] => {
  const path = at(queue, part, number)
  if (!existsSync(path)) return []
  const bytes = readFileSync(path)
  return parseChannel(bytes, 0, bytes.length).recipients.map(({address, done}) => `${done ? 'D' : 'T'} ${address}`)
}

const start = async ({queue}: World): Promise<void> => {
  send = await startFakeQmailSend({queue: queue.dir, preprocess: true})
}

test('a pending message is injected again to its pending recipients, and gets its age back', async () => {
  const world = worldOf(['pending'])
  const number = world.numbers.get('pending')!
  const before = snapshotTree(world.queue.dir)
  const birth = lstatSync(at(world.queue, 'info', number)).mtimeMs
  const {journalId} = await purgeOffline(world)
  await start(world)
  expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {method: 'live', restored: 1, remaining: 0}})
  const after = snapshotTree(world.queue.dir)
  const mess = pathOf(world.queue, 'mess', number)
  expect(after.get(mess)).toEqual(before.get(mess))
  expect(recipientsIn(world.queue, 'remote', number)).toEqual(['T bob@remote.example', 'T dan@other.example'])
  expect(recipientsIn(world.queue, 'local', number)).toEqual(['T ann@local.example'])
  expect(readFileSync(at(world.queue, 'info', number), 'latin1')).toBe('Fpending@client.example\0')
  expect(lstatSync(at(world.queue, 'info', number)).mtimeMs).toBe(birth)
  expect(existsSync(join(world.queue.dir, '.mailops-trash'))).toBe(false)
  expect(send!.log()).toContain(`new msg ${number}`)
  expect(send!.log()).not.toMatch(/warning/)
})

test('the text of recipients that failed before comes back after preprocessing', async () => {
  const world = worldOf(['pending-bounce'])
  const number = world.numbers.get('pending-bounce')!
  const text = readFileSync(at(world.queue, 'bounce', number), 'latin1')
  const {journalId} = await purgeOffline(world)
  await start(world)
  expect(await bringBack(world, journalId)).toMatchObject({complete: true})
  expect(readFileSync(at(world.queue, 'bounce', number), 'latin1')).toBe(text)
})

test('what was not preprocessed yet is queued as it was; what has nobody left waits in its place', async () => {
  const world = worldOf(['todo', 'preprocessing', 'bouncing', 'finished'])
  const {journalId} = await purgeOffline(world)
  await start(world)
  expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {restored: 4}})
  for (const state of ['todo', 'preprocessing']) {
    const number = world.numbers.get(state)!
    expect(send!.log()).toContain(`new msg ${number}`)
    expect(recipientsIn(world.queue, 'remote', number)).toHaveLength(3)
  }
  expect(existsSync(at(world.queue, 'bounce', world.numbers.get('bouncing')!))).toBe(true)
  expect(existsSync(at(world.queue, 'info', world.numbers.get('finished')!))).toBe(true)
  expect(send!.log()).not.toMatch(/warning/)
})

test('the prefix of a virtual domain is taken off, for preprocessing puts it there again', async () => {
  const world = worldOf([])
  const control = temporaryDirectory('control')
  writeFileSync(join(control, 'virtualdomains'), 'virtual.example:ann\n')
  const number = addMessage(world.queue, {recipients: [{address: 'ann-info@virtual.example', channel: 'local'}]})
  const {journalId} = await purgeOffline(world)
  // As the purge of the command keeps it; found beside the queue here.
  renameSync(control, join(world.queue.dir, '../control'))
  await start(world)
  await bringBack(world, journalId)
  expect(recipientsIn(world.queue, 'remote', number)).toEqual(['T info@virtual.example'])
})

describe('cut off on the way, recovery', () => {
  const cut = async (state: 'pending' | 'todo', work: (world: World, trash: string, number: string) => void, running = true) => {
    const world = worldOf([state])
    const number = world.numbers.get(state)!
    await purgeOffline(world)
    const [trash] = listTrashes(openQueue(world.queue.dir).path).trashes
    work(world, trash!.path, number)
    if (running) await start(world)
    const queue = openQueue(world.queue.dir)
    await settleRestore({queue, trash: trash!, locked: !running, signal: new AbortController().signal})
    return {world, number, trash: trash!}
  }
  const envelope = 'u0\0p1\0Fpending@client.example\0Tbob@remote.example\0'

  test('takes an envelope back whose message did not follow', async () => {
    const {world, number} = await cut('pending', ({queue}, _, n) => writeFileSync(at(queue, 'intd', n), envelope))
    expect(existsSync(at(world.queue, 'intd', number))).toBe(false)
    expect(existsSync(at(world.queue, 'mess', number))).toBe(false)
  })

  test('queues a message whose envelope was there but not accepted', async () => {
    const {world, number, trash} = await cut('pending', ({queue}, path, n) => {
      writeFileSync(at(queue, 'intd', n), envelope)
      renameSync(join(path, pathOf(queue, 'mess', n)), at(queue, 'mess', n))
    })
    expect(recipientsIn(world.queue, 'remote', number)).toEqual(['T bob@remote.example'])
    expect(existsSync(join(trash.path, pathOf(world.queue, 'info', number)))).toBe(false)
  })

  test('under the lock puts the very files back instead', async () => {
    const {world, number} = await cut('pending', ({queue}, path, n) => {
      writeFileSync(at(queue, 'intd', n), envelope)
      renameSync(join(path, pathOf(queue, 'mess', n)), at(queue, 'mess', n))
      linkSync(at(queue, 'intd', n), at(queue, 'todo', n))
    }, false)
    expect(existsSync(at(world.queue, 'todo', number))).toBe(false)
    expect(existsSync(at(world.queue, 'intd', number))).toBe(false)
    expect(recipientsIn(world.queue, 'remote', number)).toHaveLength(3)
    expect(existsSync(at(world.queue, 'info', number))).toBe(true)
  })

  test('gives a message that was preprocessed meanwhile its age', async () => {
    let birth = 0
    const {world, number} = await cut('pending', ({queue}, path, n) => {
      birth = lstatSync(join(path, pathOf(queue, 'info', n))).mtimeMs
      renameSync(join(path, pathOf(queue, 'mess', n)), at(queue, 'mess', n))
      writeFileSync(at(queue, 'info', n), 'Fpending@client.example\0')
      writeFileSync(at(queue, 'remote', n), 'Tbob@remote.example\0')
    })
    expect(lstatSync(at(world.queue, 'info', number)).mtimeMs).toBe(birth)
  })

  test('does not bring back again what has been delivered', async () => {
    const {world, number, trash} = await cut('pending', ({queue}, path, n) => rmSync(join(path, pathOf(queue, 'mess', n))))
    expect(existsSync(at(world.queue, 'info', number))).toBe(false)
    expect(readdirSync(trash.path, {recursive: true}).filter(name => String(name).endsWith(number))).toEqual([])
  })
})

const reason = whyNoRealQmail()
describe.skipIf(reason !== '')(reason === '' ? 'with a real qmail' : reason, () => {
  test('a purged queue that is brought back live is tried again, without a warning, a bounce or a second delivery', {timeout: 120_000}, async () => {
    const qmail = await openRealQmail({journaled: true})
    onTestFinished(() => qmail.close())
    const place = statePlace({MAILOPS_STATE_DIR: temporaryDirectory('state'), MAILOPS_RUN_DIR: temporaryDirectory('run')})
    const world = {queue: qmail.queue, place}
    const day = qmail.queue.now - 86_400
    const numbers = Array.from({length: 20}, (_, i) => addMessage(qmail.queue, {
      sender: `sender${i}@client.example`, birth: day,
      recipients: [{address: `swallow@${LOCAL}`, channel: 'local'}, {address: 'done@far.example', done: true}, {address: `x${i}@far.example`}],
    }))
    const {journalId} = await purgeOffline(world)
    await qmail.start()
    expect(await bringBack(world, journalId)).toMatchObject({complete: true, result: {method: 'live', restored: 20}})
    await qmail.waitForLog(/^new msg/, 20)
    await qmail.waitForLog(/starting delivery \d+: msg \d+ to remote x/, 20)
    await qmail.waitForLog(/delivery \d+: success/, 20)
    for (const number of numbers) {
      const info = lstatSync(join(qmail.queue.dir, pathOf(qmail.queue, 'info', number)))
      expect(Math.abs(info.mtimeMs / 1000 - day)).toBeLessThan(2)
    }
    expect(qmail.lines(/to remote done@/)).toEqual([])
    expect(qmail.lines(/warning|bounce msg|alert/)).toEqual([])
    expect(qmail.lines(/to local swallow/)).toHaveLength(20)
    await qmail.stop()
  })
})

