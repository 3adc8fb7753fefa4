// Where the daemon's things are, from the path of the filter's socket.
import {join} from 'node:path'

/** Folder beside the filter's socket that belongs to the daemon: its control socket and the tally of unchecked connections. */
export const sideFolder = (socket: string): string => {
  const bare = /.\.sock$/.test(socket) ? socket.slice(0, -'.sock'.length) : socket
  return bare === socket ? `${socket}.d` : bare
}

/** Where commands reach the daemon. */
export const controlPath = (socket: string): string => join(sideFolder(socket), 'control.sock')

/** One letter a connection that no daemon checked (see filter/main.c). */
export const tallyPath = (socket: string): string => join(sideFolder(socket), 'unchecked')
