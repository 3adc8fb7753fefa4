// Two daemons on one real redis-server: what one defers the other lets pass, and an outage stops neither.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {connect} from 'node:net'
import {join} from 'node:path'

import {expect, onTestFinished, test, vi} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {noRedis, redisServer} from '../support/redis-server.js'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

/** One request of Postfix; gives the action. */
const policy = async (path: string, client: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.on('error', reject).setEncoding('utf8')
    socket.once('data', text => {
      socket.destroy()
      resolve(String(text).trim())
    })
    socket.write(`request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=${client}\nsender=a@b.example\nrecipient=c@d.example\n\n`)
  })

const daemon = async (url: string): Promise<string> => {
  const state = temporaryDirectory('greylist')
  const path = join(state, 'policy.sock')
  const env = {...process.env, MAILOPS_STATE_DIR: state, MAILOPS_RUN_DIR: join(state, 'run'), MAILOPS_CONFIG_DIR: join(state, 'etc')}
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'run.js'), 'greylist', 'serve', '--no-spf', '--delay', '1s', '--policy', `unix:${path}`, '--store', url], {stdio: 'ignore', env})
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  await vi.waitFor(async () => void (await policy(path, '127.0.0.99')), {timeout: 30_000, interval: 50})
  return path
}

test.skipIf(noRedis !== false)('two hosts, one memory', async () => {
  const redis = await redisServer()
  onTestFinished(() => redis.stop())
  const [a, b] = [await daemon(redis.url), await daemon(redis.url)]
  expect(await policy(a, '192.0.2.7')).toMatch(/450|DEFER/i)
  await vi.waitFor(async () => expect(await policy(b, '192.0.2.7')).toMatch(/DUNNO|PREPEND X-Greylist/), {timeout: 10_000, interval: 100})
  expect(await policy(a, '192.0.2.200')).toMatch(/DUNNO/)
  await redis.stop()
  expect(await policy(a, '192.0.2.7'), 'passed here before').toMatch(/DUNNO/)
  expect(await policy(a, '198.51.100.7'), 'decided alone').toMatch(/450|DEFER/i)
  await vi.waitFor(async () => expect(await policy(a, '198.51.100.7')).toMatch(/DUNNO|PREPEND/), {timeout: 10_000, interval: 100})
})
