// What root's commands take from a daemon of another user, who may have been broken into.
import * as fs from 'node:fs'
import {createServer} from 'node:net'
import {join} from 'node:path'

import {expect, onTestFinished, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {asOpsError} from '../../src/effects/service/holder.js'
import {readSettings} from '../../src/effects/settings/read.js'
import {openSteering} from '../../src/effects/steering/open.js'
import {parseListener} from '../../src/settings/listener.js'

const NOBODY = 65534

/** A daemon that answers every request with the same line. */
const daemon = async (folder: string, line: string): Promise<void> => {
  const server = createServer(socket => socket.on('data', () => socket.write(`${line}\n`)).on('error', () => {}))
  await new Promise<void>(resolve => server.listen(join(folder, 'control.sock'), resolve))
  onTestFinished(() => void server.close())
}

const settingsAt = (base: string) => readSettings(undefined, {socket: parseListener(join(base, 'g.sock')), db: join(base, 'own.db')})

test('what is no answer is told in words of ours, without its text', async () => {
  const base = temporaryDirectory('steering')
  fs.mkdirSync(join(base, 'g'))
  await daemon(join(base, 'g'), '{"x\u001b[2Jevil')
  const error = await openSteering(settingsAt(base), {warn: () => {}}).catch((caught: unknown) => caught)
  expect(error).toMatchObject({code: 'BAD_ANSWER', message: expect.not.stringContaining('evil')})
})

test.skipIf(process.getuid?.() !== 0)("root takes the store's place from a daemon of root's alone (needs root)", async () => {
  for (const [uid, expected] of [[0, '/etc/planted.db'], [NOBODY, 'own.db']] as const) {
    const base = temporaryDirectory('steering')
    fs.mkdirSync(join(base, 'g'))
    fs.chownSync(join(base, 'g'), uid, uid)
    await daemon(join(base, 'g'), JSON.stringify({end: {store: 's', settings: {db: '/etc/planted.db'}}}))
    const {settings} = await openSteering(settingsAt(base), {warn: () => {}})
    expect(settings.db).toBe(uid === 0 ? expected : join(base, expected))
  }
})

test('a store that is closed: root is not told to become root', () => {
  const closed = Object.assign(new Error('attempt to write a readonly database'), {code: 'SQLITE_READONLY'})
  const error = asOpsError(closed, '/var/lib/mailops/greylist/greylist.db') as {code: string; hint: string; oclif: {exit: number}}
  expect(error).toMatchObject({code: 'STORE_FAULT', oclif: {exit: 77}})
  expect(error.hint).toMatch(process.geteuid?.() === 0 ? /^ls -la \/var\/lib\/mailops\/greylist / : /^run it as root/)
  expect((asOpsError(Object.assign(new Error('disk I/O error'), {code: 'SQLITE_IOERR_READ'}), '/x/g.db') as {hint: string}).hint).toMatch(/^dmesg/)
})
