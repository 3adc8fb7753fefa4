// For the demo: stands for Exim and the daemon behind it. It keeps the keys it read when it was last restarted, which is the fault.
import {readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'

import {SMTPServer} from 'smtp-server'

const [, , base = '', restarted = ''] = process.argv
const PREFIX = '__cpanel__service__auth__exim__'

const keysNow = () => ({send: readFileSync(join(base, 'exim/send'), 'latin1'), recv: readFileSync(join(base, 'exim/recv'), 'latin1')})
// What it holds at first are the keys of yesterday.
let held = {send: 'YesterdaysKey000', recv: 'YesterdaysKey000'}
let since = 0

const readAgain = () => {
  const at = statSync(restarted, {throwIfNoEntry: false})?.mtimeMs ?? 0
  if (at <= since) return
  since = at
  held = keysNow()
}

const server = new SMTPServer({
  allowInsecureAuth: true,
  disabledCommands: ['STARTTLS'],
  authMethods: ['PLAIN'],
  onAuth: ({username, password}, _session, done) => {
    readAgain()
    if (username === PREFIX + held.send && password === held.recv) return done(null, {user: username})
    done(Object.assign(new Error('Incorrect authentication data'), {responseCode: 535}))
  },
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.server.address().port}\n`))
// It ends with the demo.
process.stdin.on('end', () => process.exit()).resume()
