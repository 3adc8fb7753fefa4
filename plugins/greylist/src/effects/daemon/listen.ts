// Opens listening sockets: Unix with mode and group, TCP, or one that systemd opened.
import * as fs from 'node:fs'
import {connect, createServer, type Server, type Socket} from 'node:net'
import {dirname} from 'node:path'

import {fromSystem, OpsError} from 'mailops/core'

import type {Listener} from '../../policy/types.js'
import {groupId} from './accounts.js'

/** What to listen on: a listener of the settings, or a descriptor. */
export interface ListenOptions {
  readonly listener: Listener
  readonly fd?: number | undefined
  readonly onConnection: (socket: Socket) => void
}

// All that somaxconn gives: while the daemon is busy or starting, clients wait here instead of passing unchecked.
const BACKLOG = 4096
const OPEN_TO_ALL = 0o666
const OPEN_TO_GROUP = 0o660

/** True when somebody answers on it. */
const answers = async (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // EAGAIN: its backlog is full, so somebody does listen.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'))
  })

/** Takes away what a daemon that was killed left behind; nothing but a socket, and none that is in use. */
const clearStale = async (path: string): Promise<void> => {
  const stat = fs.lstatSync(path, {throwIfNoEntry: false})
  if (stat === undefined) return
  if (!stat.isSocket()) throw new OpsError('NOT_A_SOCKET', `${path} is there already, and no socket`, {exit: 'cannotCreate', hint: 'move it away, or name another path'})
  if (await answers(path))
    throw new OpsError('DAEMON_RUNNING', `another process answers on ${path}`, {exit: 'tryAgain', hint: 'stop it first; mailops greylist stats asks it'})
  fs.unlinkSync(path)
}

// Of getaddrinfo(3) and bind(2): the host's name or address is none of this machine's.
const ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'])

/** Why a server could not listen, for people: 75 in use, 73 no address of this host, 77 no permission. */
export const listenError = (error: NodeJS.ErrnoException, name: string): unknown => {
  const {code = ''} = error
  if (code === 'EADDRINUSE') return new OpsError('IN_USE', `cannot listen on ${name}: in use already`, {exit: 'tryAgain', hint: 'ss -lp shows by whom', cause: error})
  if (!ADDRESS.has(code)) return fromSystem(error, 'listen on', name)
  return new OpsError('NO_ADDRESS', `cannot listen on ${name}: this host has no such address (${code})`, {exit: 'cannotCreate', hint: 'ip address shows what it has', cause: error})
}

const listening = async (server: Server, start: () => void, name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, name) as Error))
    server.once('listening', resolve)
    start()
  })

const listenUnix = async (server: Server, path: string, {mode, group, name}: Listener): Promise<void> => {
  const gid = group === undefined ? null : await groupId(group)
  try {
    fs.mkdirSync(dirname(path), {recursive: true, mode: 0o755})
    await clearStale(path)
  } catch (error) {
    throw fromSystem(error, 'prepare', path)
  }
  // The mode is there from the first moment: bind(2) happens within listen().
  const umask = process.umask(0o777 & ~(mode ?? (gid === null ? OPEN_TO_ALL : OPEN_TO_GROUP)))
  try {
    await listening(server, () => {
      server.listen({path, backlog: BACKLOG})
      process.umask(umask)
    }, name)
    if (gid !== null) fs.lchownSync(path, process.getuid?.() ?? 0, gid)
  } catch (error) {
    throw fromSystem(error, 'give to its group', path)
  } finally {
    process.umask(umask)
  }
}

/**
 * A server that listens. Half-open connections stay: Exim ends its side before it reads (`allowHalfOpen`).
 * @throws OpsError 75 when somebody else listens there, 73 or 77 when the socket cannot be made
 */
export const listen = async ({listener, fd, onConnection}: ListenOptions): Promise<Server> => {
  const server = createServer({allowHalfOpen: true}, onConnection)
  const {address, name} = listener
  if (fd !== undefined) await listening(server, () => server.listen({fd}), name)
  else if ('path' in address) await listenUnix(server, address.path, listener)
  else await listening(server, () => server.listen({host: address.host, port: address.port, backlog: BACKLOG}), name)
  // A connection that could not be accepted (EMFILE) is that client's loss, never the daemon's end.
  server.on('error', () => {})
  return server
}
