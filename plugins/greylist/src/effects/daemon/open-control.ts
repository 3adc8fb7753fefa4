// Opens the control socket, for root and the daemon's own user alone.
import type {Server} from 'node:net'
import {join} from 'node:path'

import type {Service} from '../../policy/service.js'
import type {Connections} from './connections.js'
import {serveControl} from './control-socket.js'
import {listen} from './listen.js'
import type {Talk} from './log.js'

/** @param folder the daemon's own, beside the filter's socket */
export const openControl = async (folder: string, serving: {service: Service; talk: Talk; connections: Connections}): Promise<Server> => {
  const path = join(folder, 'control.sock')
  return listen({
    listener: {name: `unix:${path}`, address: {path}, mode: 0o600},
    onConnection: socket => serveControl(socket, serving),
  })
}
