// Where a journalled change found its store, so that undo finds it again; without secrets.
import {existsSync} from 'node:fs'

import type {Settings} from '../../policy/types.js'
import {parseListener} from '../../settings/listener.js'
import {readSettings} from '../settings/read.js'
import {openSteering, type Steering} from '../steering/open.js'

export interface StoreAt {
  /** The settings file, when it was named or found. */
  readonly config?: string
  readonly socket: string
  readonly db: string
  /** URL of a shared store that holds no password; one that does comes from the settings file again. */
  readonly store?: string
}

/** The place of these settings. */
export const storeAt = ({file, socket, db, store}: Settings): StoreAt => {
  const hasSecret = store !== undefined && /:\/\/[^/]*@/.test(store)
  return {...(file !== undefined && {config: file}), socket: socket.name, db, ...(store !== undefined && !hasSecret && {store})}
}

/** Reaches that store again; a settings file that has gone since is no hindrance. */
export const steerAt = async ({config, socket, db, store}: StoreAt, warn: (line: string) => void): Promise<Steering> =>
  openSteering(readSettings(config !== undefined && existsSync(config) ? config : undefined, {socket: parseListener(socket), db, store}), {warn, mayCreate: true})
