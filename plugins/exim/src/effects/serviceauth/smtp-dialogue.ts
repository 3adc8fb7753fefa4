// A short talk with an SMTP server: a line out, a whole reply in, each within a time.
import * as net from 'node:net'

import {OpsError} from 'mailops/core'

/** One reply (RFC 5321 section 4.2): its code and its lines without it. */
export interface Reply {
  readonly code: number
  readonly lines: readonly string[]
}

export interface Dialogue {
  /** Sends a line and gives the reply; without a line it only waits for one (the greeting). */
  say(line?: string): Promise<Reply>
  end(): void
}

/** Host and port of a server. */
export interface Server {
  readonly host: string
  readonly port: number
}

const LINE_MS = 20_000
const MOST_BYTES = 64 * 1024
const LAST = /^(\d{3})(?: (.*))?$/

const unavailable = ({host, port}: Server, why: string, cause?: unknown): OpsError =>
  new OpsError('NO_SMTP', `${host}:${port} ${why}`, {exit: 'tryAgain', hint: 'is Exim running?', cause})

const parse = (lines: readonly string[]): Reply => ({
  code: Number(lines.at(-1)!.slice(0, 3)),
  lines: lines.map(line => line.slice(4)),
})

/**
 * Connects.
 * @throws OpsError 75 `NO_SMTP` for everything that keeps the server from answering, at once or later
 */
export const dial = async (server: Server): Promise<Dialogue> => {
  const socket = net.connect({host: server.host, port: server.port})
  let received = ''
  let failure: OpsError | null = null
  let wake = (): void => undefined
  const fail = (why: string, cause?: unknown): void => {
    failure ??= unavailable(server, why, cause)
    wake()
  }
  socket.setTimeout(LINE_MS, () => fail(`did not answer within ${LINE_MS / 1000} s`))
  socket.on('error', error =>
    fail(`cannot be reached (${(error as NodeJS.ErrnoException).code ?? error.message})`, error),
  )
  socket.on('close', () => fail('closed the connection'))
  socket.on('data', chunk => {
    received += chunk.toString('latin1')
    if (received.length > MOST_BYTES) fail('talks without end')
    wake()
  })

  const lines: string[] = []
  const whole = (): Reply | null => {
    for (let end; (end = received.indexOf('\n')) >= 0;) {
      const line = received.slice(0, end).replace(/\r$/, '')
      received = received.slice(end + 1)
      lines.push(line)
      if (LAST.test(line)) return parse(lines.splice(0))
      if (!/^\d{3}-/.test(line)) fail('does not speak SMTP')
    }
    return null
  }
  const say = async (line?: string): Promise<Reply> => {
    if (line !== undefined && !socket.destroyed) socket.write(`${line}\r\n`)
    for (;;) {
      const reply = whole()
      if (reply !== null) return reply
      if (failure !== null) throw failure
      await new Promise<void>(resolve => (wake = resolve))
    }
  }
  return {say, end: () => void socket.destroy()}
}
