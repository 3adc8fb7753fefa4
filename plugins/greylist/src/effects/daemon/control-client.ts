// The control socket's other side: asks the daemon that runs, for commands.
import {connect, type Socket} from 'node:net'

import {fromSystem, OpsError, type ErrorDescription, type ExitName, EXIT, type JsonObject} from 'mailops/core'

import type {ControlRequest} from '../../protocol/control-line.js'

const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR'])
const CONNECT_MS = 5_000
// Between two rows: a daemon that is stopped or stuck must not hold a command for ever.
const SILENCE_MS = 20_000

const absent = (path: string): OpsError =>
  new OpsError('DAEMON_ABSENT', `no daemon answers on ${path}`, {exit: 'unavailable', hint: 'mailops greylist serve, or systemctl start mailops-greylist'})

const open = async (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new OpsError('DAEMON_SILENT', `the daemon on ${path} does not answer`, {exit: 'tryAgain', hint: 'is it stopped, or very busy? mailops doctor'}))
    }, CONNECT_MS)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      reject(ABSENT.has(error.code ?? '') ? absent(path) : (fromSystem(error, 'reach the daemon on', path) as Error))
    })
  })

const asError = ({code, message, hint, exit}: ErrorDescription): OpsError => {
  const name = (Object.entries(EXIT).find(([, number]) => number === exit)?.[0] ?? 'bug') as ExitName
  return new OpsError(code, message, {exit: name, ...(hint !== undefined && {hint})})
}

// Rows come by the thousand a line; the daemon is another user, and must not fill the memory of root's commands.
const MOST = 64 << 20

const notAnAnswer = (): OpsError => new OpsError('BAD_ANSWER', 'what came from the daemon is no answer of this version', {exit: 'badData', hint: 'restart it: systemctl restart mailops-greylist'})

const rowOf = (line: string): JsonObject => {
  try {
    const row = JSON.parse(line) as unknown
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as JsonObject
  } catch {
    // Told below: the text is not ours to show.
  }
  throw notAnAnswer()
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of socket) {
    const lines = (text + String(chunk)).split('\n')
    text = lines.pop() ?? ''
    if (text.length > MOST) throw notAnAnswer()
    yield* lines
  }
}

/**
 * Asks the daemon; yields the rows of its answer, returns the summary.
 * @param path of the control socket (places.ts)
 * @throws OpsError 69 `DAEMON_ABSENT` when nobody listens there, 75 when it does not answer, or what the daemon says
 */
export async function* askDaemon(path: string, request: ControlRequest): AsyncGenerator<JsonObject, JsonObject> {
  const socket = await open(path)
  const silent = new OpsError('DAEMON_SILENT', `the daemon on ${path} stopped answering`, {exit: 'tryAgain', hint: 'mailops doctor'})
  try {
    socket.setEncoding('utf8').setTimeout(SILENCE_MS, () => socket.destroy(silent))
    socket.write(`${JSON.stringify(request)}\n`)
    for await (const line of linesOf(socket)) {
      const row = rowOf(line)
      if (row['end'] !== undefined) return row['end'] as JsonObject
      if (row['error'] !== undefined) throw asError(row['error'] as unknown as ErrorDescription)
      yield row
    }
    throw new OpsError('DAEMON_GONE', `the daemon on ${path} ended before it had answered`, {exit: 'tryAgain', hint: 'mailops doctor'})
  } finally {
    socket.destroy()
  }
}
