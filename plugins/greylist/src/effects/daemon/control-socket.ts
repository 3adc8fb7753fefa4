// The control socket's side of the daemon: requests of `mailops greylist` in, rows and an end out.
import type {Socket} from 'node:net'

import {describe, isOpsError, OpsError, type JsonObject} from 'mailops/core'

import type {Service} from '../../policy/service.js'
import {MAX_CONTROL_BYTES, parseControlLine} from '../../protocol/control-line.js'
import type {Connections} from './connections.js'
import type {Talk} from './log.js'

/** Rows that leave in one write. */
const ROWS = 256

const turn = async (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const drained = async (socket: Socket): Promise<void> =>
  new Promise(resolve => {
    const go = (): void => {
      socket.off('drain', go).off('close', go)
      resolve()
    }
    socket.on('drain', go).on('close', go)
  })

const send = async (socket: Socket, text: string): Promise<void> => {
  if (!socket.destroyed && !socket.write(text)) await drained(socket)
}

const answer = async (socket: Socket, line: string, service: Service): Promise<void> => {
  const request = parseControlLine(line)
  if (request === null) throw new OpsError('BAD_REQUEST', 'not a request of the control socket', {exit: 'badData'})
  const rows = service.control(request)
  let text = ''
  let count = 0
  for (;;) {
    const {value, done} = await rows.next()
    if (done === true) return send(socket, `${text}${JSON.stringify({end: value})}\n`)
    text += `${JSON.stringify(value)}\n`
    if (++count % ROWS > 0) continue
    await send(socket, text)
    text = ''
    if (socket.destroyed) return void (await rows.return?.({}))
    // Decisions that came meanwhile go first.
    await turn()
  }
}

const failure = (error: unknown): JsonObject => ({error: {...describe(error)}})

/** Serves one connection of a command: its requests one after the other. */
export const serveControl = (socket: Socket, {service, talk, connections}: {service: Service; talk: Talk; connections: Connections}): void => {
  let text = ''
  let work = Promise.resolve()
  let finishing = false
  connections.add(socket, () => {
    finishing = true
    void work.then(() => socket.end())
  })
  const take = async (line: string): Promise<void> => {
    try {
      await answer(socket, line, service)
    } catch (error) {
      if (!isOpsError(error)) talk.warn(`control request failed: ${(error as Error).stack ?? String(error)}`)
      await send(socket, `${JSON.stringify(failure(error))}\n`)
    }
  }
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
    if (text.length > MAX_CONTROL_BYTES) return void socket.destroy()
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) if (!finishing) work = work.then(async () => take(line))
  })
  socket.on('end', () => void work.then(() => socket.end()))
}
