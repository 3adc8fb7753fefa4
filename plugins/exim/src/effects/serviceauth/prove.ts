// Proves new keys by what the monitor does: a login over SMTP from this machine.
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'

import {OpsError} from 'mailops/core'
import {readWhole, type BulkContext} from 'mailops/effects'

import {loginOf, type KeyFile} from '../../serviceauth/layout.js'
import {dial, type Dialogue, type Reply, type Server} from './smtp-dialogue.js'
import {refuseInterrupted} from './wait.js'

const PAUSE_MS = 300
/** So long a server that was restarted just now may be away or say 4xx. */
export const AFTER_RESTART_MS = 30_000
/** And one that was not. */
export const AS_IT_IS_MS = 2_000
/** So often a 5xx is asked about again: the daemon behind Exim may still hold the old keys. */
const REFUSALS = 3

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

const mechanisms = ({lines}: Reply): string[] =>
  lines.flatMap(line => /^AUTH[ =](.*)$/i.exec(line.trim())?.[1]?.toUpperCase().split(/\s+/) ?? [])

const byLogin = async (talk: Dialogue, login: string, password: string): Promise<Reply> => {
  const asked = await talk.say('AUTH LOGIN')
  if (asked.code !== 334) return asked
  const again = await talk.say(base64(login))
  return again.code === 334 ? talk.say(base64(password)) : again
}

const logIn = async (server: Server, login: string, password: string): Promise<Reply> => {
  const talk = await dial(server)
  try {
    const greeting = await talk.say()
    if (greeting.code !== 220) return greeting
    const hello = await talk.say('EHLO localhost')
    const offered = mechanisms(hello)
    // The monitor sends PLAIN whatever is offered.
    if (offered.includes('LOGIN') && !offered.includes('PLAIN')) return await byLogin(talk, login, password)
    return await talk.say(`AUTH PLAIN ${base64(`\0${login}\0${password}`)}`)
  } finally {
    talk.end()
  }
}

const key = (base: string, service: string, file: KeyFile): string =>
  readWhole(join(base, service, file)).toString('latin1')

const refused = (service: string, {host, port}: Server, {code, lines}: Reply, keys: readonly string[]): OpsError => {
  // A server that repeats what it was given must not bring it into our output.
  const said = keys.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), `${code} ${lines.join(' ')}`)
  const hint =
    code >= 500
      ? 'the fault is behind the keys: see mailops exim auth-failures, cPHulk, and the daemon that Exim asks'
      : 'a 4xx is a fault of the daemon or of permissions: see mailops exim auth-failures'
  return new OpsError('NOT_ACCEPTED', `${host}:${port} does not take the keys of ${service}: ${said}`, {
    exit: 'tryAgain',
    hint,
  })
}

/**
 * Logs in with the keys of a service until the server takes them, with some patience.
 * @throws OpsError 75 `NOT_ACCEPTED` with its reply, `NO_SMTP` when it does not answer, `INTERRUPTED`
 */
export const proveKeys = async (
  base: string,
  service: string,
  {server, patienceMs, context}: {server: Server; patienceMs: number; context: Pick<BulkContext, 'signal'>},
): Promise<void> => {
  const until = performance.now() + patienceMs
  for (let refusals = 0; ;) {
    const [send, recv] = [key(base, service, 'send'), key(base, service, 'recv')]
    let problem: unknown
    try {
      const reply = await logIn(server, loginOf(service, send), recv)
      if (reply.code === 235) return
      if (reply.code >= 500) refusals++
      problem = refused(service, server, reply, [send, recv, base64(`\0${loginOf(service, send)}\0${recv}`)])
    } catch (error) {
      // Not there yet, or going away once more: thrown below when patience ends.
      problem = error
    }
    if (refusals >= REFUSALS || performance.now() >= until) throw problem
    refuseInterrupted(context)
    await delay(PAUSE_MS, undefined, {signal: context.signal}).catch(() => refuseInterrupted(context))
  }
}
