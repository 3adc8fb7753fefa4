// A daemon that answers what a test tells it to, or misbehaves as a test wants.
import {createServer, type Socket} from 'node:net'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'

import {onTestFinished} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'

/** A socket, and the lines that came on it. */
export interface StandIn {
  readonly path: string
  readonly lines: string[]
}

/** @param reply what is sent for a `connect` line, or what to do with the connection */
export const standIn = async (reply: string | ((socket: Socket) => void)): Promise<StandIn> => {
  const folder = temporaryDirectory('greylist')
  const path = join(folder, 'g.sock')
  mkdirSync(join(folder, 'g'))
  const lines: string[] = []
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => {})
    if (typeof reply !== 'string') return reply(socket)
    socket.setEncoding('latin1').on('data', (text: string) => {
      lines.push(...text.split('\n').filter(line => line !== ''))
      if (text.startsWith('connect')) socket.end(reply)
    })
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return {path, lines}
}
