// The harness itself: a pretended session and a daemon both refuse a wrong password, and log it.
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../temporary.js'
import {ACCOUNT, authLogin, authPlain, createExim, dialogue, whyNoExim} from './index.js'

const why = whyNoExim()

test.skipIf(why !== '')(`a pretended session logs what it refuses ${why}`, () => {
  const exim = createExim(temporaryDirectory('exim'))
  const lines = exim.logLines('203.0.113.77', ['EHLO x', ...authLogin('info@example.com', 'bad')])
  expect(lines).toEqual(['dovecot_login authenticator failed for (x) [203.0.113.77]: 535 Incorrect authentication data (set_id=info@example.com)'])
})

test.skipIf(why !== '')(`a daemon lets in who may, and logs a refusal in both logs ${why}`, async () => {
  const exim = createExim(temporaryDirectory('exim'))
  const daemon = await exim.daemon()
  try {
    const good = await dialogue(daemon.port, ['EHLO x', ...authPlain(ACCOUNT.user, ACCOUNT.password), 'QUIT'])
    expect(good[2]).toMatch(/^235 /)
    const bad = await dialogue(daemon.port, ['EHLO x', ...authPlain(ACCOUNT.user, 'wrong'), 'QUIT'])
    expect(bad[2]).toMatch(/^535 /)
  } finally {
    await daemon.stop()
  }
  for (const name of ['main', 'reject'] as const) expect(exim.log(name)).toContain('dovecot_plain authenticator failed for (x) [127.0.0.1]')
})
