// check beside a real qmail at work, and a repaired queue under a real qmail-send: no finding, no warning.
import {rmSync} from 'node:fs'

import {applyPlan} from 'mailops/effects'
import {describe, expect, onTestFinished, test} from 'vitest'

import type {RealQmailOptions} from '../../../../test/e2e/qmail/installation.js'
import {LOCAL, openRealQmail, whyNoRealQmail, type RealQmail} from '../../../../test/e2e/qmail/real-qmail.js'
import {addMessage, damage, fillQueue, pathOf, releaseNumbers} from '../../../../test/support/queue/index.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {repairHandler, repairPlan} from '../../src/effects/repair/index.js'
import {openQueue} from '../../src/effects/reading/index.js'
import {check, codes, picture, placeIn} from './support.js'

const reason = whyNoRealQmail()

const open = async (options: RealQmailOptions): Promise<RealQmail> => {
  const qmail = await openRealQmail(options)
  onTestFinished(async () => {
    // A held number is an open file, which would keep the mount of a test that failed half-way.
    releaseNumbers(qmail.queue)
    await qmail.close()
  }, 120_000)
  return qmail
}

describe.skipIf(reason !== '')(reason || 'real qmail', {timeout: 300_000}, () => {
  test.each([{journaled: false}, {journaled: true}])('its queue at work has no finding ($journaled)', async options => {
    const qmail = await open(options)
    expect(await codes(qmail.queue)).toEqual({})
    await qmail.start()
    for (let i = 0; i < 150; i++) {
      const recipients = [[`swallow@${LOCAL}`], [`defer@${LOCAL}`, 'a@far.example'], [`nobody@${LOCAL}`, 'b@far.example'], [`nobody@${LOCAL}`]][i % 4] ?? []
      expect(qmail.inject({recipients})).toBe(0)
      if (i % 3 === 0) expect(await codes(qmail.queue), `after ${i} messages`).toEqual({})
      if (i % 40 === 39) qmail.alarm()
    }
    await qmail.waitForLog(/^end msg/, 75)
    expect(await codes(qmail.queue)).toEqual({})
    await qmail.stop()
    expect(await codes(qmail.queue)).toEqual({})
    expect(qmail.lines(/warning:/)).toEqual([])
  })

  test('a queue of all faults, repaired, starts without one warning, and no bounce goes to an innocent sender', async () => {
    const qmail = await open({journaled: true, control: {concurrencyremote: '0\n', concurrencylocal: '0\n'}})
    const {queue} = qmail
    fillQueue(queue, 100, {localDomain: LOCAL, shape: {todo: 0}})
    const old = {birth: queue.now - 40 * 3600, accessed: queue.now - 40 * 3600}
    const lost = ['info-lost', 'info-lost-bounce', 'todo-without-mess-rest', 'intd-without-mess', 'info-without-mess-rest',
      'channels-only', 'bounce-only', 'bounce-without-mess', 'pid-only', 'pid-linked'] as const
    for (const state of lost) addMessage(queue, {state, ...old})
    for (const state of ['intd-left', 'todo-with-bounce'] as const) addMessage(queue, {state})
    const faults = ['mess-in-wrong-split', 'info-in-wrong-split', 'remote-in-wrong-split', 'mess-owner', 'info-owner', 'mess-mode', 'info-mode',
      'trigger-is-a-file', 'tcpto-size', 'sendmutex-missing', 'todo-split-unlike-build', 'inode-is-not-name'] as const
    const targets = faults.map(fault => ({fault, number: addMessage(queue)}))
    for (const {fault, number} of targets) damage(fault, {queue, number})
    const tally = await check(queue)
    expect(tally.mendable).toBe(tally.total)
    await applyPlan(repairPlan(openQueue(queue.dir), tally), {handlers: [repairHandler()], place: placeIn(temporaryDirectory('state'))})
    expect(await codes(queue)).toEqual({})
    releaseNumbers(queue)
    const info = [...picture(queue).keys()].filter(path => /^info\/\d+\/\d+$/.test(path))
    expect(info.length).toBeGreaterThanOrEqual(100 + faults.length)

    await qmail.start()
    await qmail.waitForLog(/^new msg/, 1)
    expect(qmail.inject({recipients: ['after@far.example']})).toBe(0)
    await qmail.waitForLog(/^new msg/, 2)
    await qmail.stop()
    expect(qmail.lines(/warning:|alert:/)).toEqual([])
    expect(qmail.lines(/^(bounce|end) msg/)).toEqual([])
    expect(await codes(queue)).toEqual({})
    rmSync(`${queue.dir}/.mailops-trash`, {recursive: true})
  })

  test('the next message of an orphan bounce’s number is delivered, and its sender hears nothing', async () => {
    const qmail = await open({journaled: true})
    const {queue} = qmail
    const numbers = Array.from({length: 8}, () => addMessage(queue, {state: 'bounce-only'}))
    // From here on the next messages get these numbers.
    releaseNumbers(queue)
    expect(Object.keys(await codes(queue))).toEqual(['orphan-bounce'])
    const place = placeIn(temporaryDirectory('state'))
    await applyPlan(repairPlan(openQueue(queue.dir), await check(queue)), {handlers: [repairHandler()], place})
    for (const number of numbers) expect(picture(queue).has(pathOf(queue, 'bounce', number))).toBe(false)
    await qmail.start()
    for (let i = 0; i < 12; i++) expect(qmail.inject({recipients: [`swallow@${LOCAL}`], sender: 'innocent@client.example'})).toBe(0)
    await qmail.waitForLog(/^end msg/, 12)
    await qmail.stop()
    expect(qmail.lines(/^bounce msg|warning:/)).toEqual([])
  })
})
