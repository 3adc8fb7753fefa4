// The daemon: opens its sockets, gives up root, opens the store, answers until it is told to stop.
import type {Server, Socket} from 'node:net'

import {OpsError} from 'mailops/core'

import type {OpenService} from '../../policy/service.js'
import type {Settings} from '../../policy/types.js'
import {sideFolder} from '../../places.js'
import {accountOf, become, groupId, type Account} from './accounts.js'
import {activatedSockets} from './activation.js'
import {Connections, stopListening} from './connections.js'
import {openControl} from './open-control.js'
import {serveExim} from './exim-socket.js'
import {serveFilter, type Serving} from './filter-socket.js'
import {listen} from './listen.js'
import type {LogWriter} from './log.js'
import {serveMetrics} from './metrics-http.js'
import {notify} from './notify.js'
import {prepareSide, prepareStore} from './places.js'
import {servePolicy} from './policy-socket.js'
import {plannedSockets, type PlannedSocket} from './sockets.js'
import {watchTally} from './tally.js'

/** What the daemon is started with. */
export interface ServeOptions {
  readonly settings: Settings
  /** Reads the settings again, for SIGHUP. */
  readonly reread: () => Settings
  readonly openService: OpenService
  readonly talk: LogWriter
}

const GRACE_MS = 3_000
const HANDLERS = {filter: serveFilter, policy: servePolicy, exim: serveExim} as const

interface Resolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

/** Promise.withResolvers, which Node 20 has not. */
const withResolvers = <T>(): Resolvers<T> => {
  let both: Omit<Resolvers<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (both = {resolve, reject}))
  return {promise, ...(both as unknown as Omit<Resolvers<T>, 'promise'>)}
}

/** Connections that come before the store is open wait, unread, until it is. */
const openSockets = async (planned: readonly PlannedSocket[], connections: Connections, serving: Promise<Omit<Serving, 'listener'>>): Promise<Server[]> => {
  const servers: Server[] = []
  let ready: Omit<Serving, 'listener'> | null = null
  void serving.then(value => (ready = value), () => {})
  try {
    for (const {kind, listener, fd} of planned) {
      const begin = (socket: Socket, using: Omit<Serving, 'listener'>): void => HANDLERS[kind](socket, {...using, listener: listener.name})
      const onConnection = (socket: Socket): void => {
        if (ready !== null) return begin(socket, ready)
        socket.on('error', () => {})
        void serving.then(using => begin(socket, using), () => socket.destroy())
      }
      servers.push(await listen({listener, fd, onConnection}))
    }
    return servers
  } catch (error) {
    for (const server of servers) stopListening(server)
    throw error
  }
}

const stopSignal = async (onHangup: () => void): Promise<string> =>
  new Promise(resolve => {
    process.on('SIGTERM', () => resolve('SIGTERM'))
    process.on('SIGINT', () => resolve('SIGINT'))
    process.on('SIGHUP', onHangup)
  })

const dropRoot = (account: Account | null): void => {
  if (account !== null && process.getuid?.() === 0 && account.uid !== 0) become(account)
}

const whoWeAre = async ({user, group}: Settings): Promise<Account | null> =>
  user === undefined || process.getuid?.() !== 0 ? null : accountOf(user, group)

/** @throws OpsError 78: the filter knows Unix sockets only, and beside its own stand control socket and tally */
const filterPath = ({socket: {address, name}}: Settings): string => {
  if ('path' in address) return address.path
  throw new OpsError('BAD_LISTENER', `the filter's socket is a Unix socket, not ${name}`, {exit: 'configuration', hint: 'mailops greylist serve --socket /run/mailops/greylist.sock'})
}

/**
 * Serves until SIGTERM or SIGINT; SIGHUP reads settings and lists again.
 * @throws OpsError when a socket cannot be opened; the store is never a reason not to start
 */
export const serve = async ({settings, reread, openService, talk}: ServeOptions): Promise<void> => {
  const path = filterPath(settings)
  const activated = activatedSockets(process.env, process.pid)
  for (const name of activated.unknown) talk.warn(`a socket of systemd's named "${name}" is for none of filter, policy, exim, metrics`)
  const planned = plannedSockets(settings, activated)
  const account = await whoWeAre(settings)
  const gid = settings.socket.group === undefined ? null : await groupId(settings.socket.group)
  try {
    prepareStore(settings.db, account)
  } catch (error) {
    // The service says it once more when it opens the store, and tries again until it can.
    talk.warn(`the folder of the store is not ready: ${(error as Error).message}`)
  }
  const connections = new Connections()
  const {promise: opening, resolve: open, reject: giveUp} = withResolvers<Omit<Serving, 'listener'>>()
  const servers = await openSockets(planned, connections, opening)
  const begin = async () => {
    const tallyFd = prepareSide(path, {account, gid})
    dropRoot(account)
    const service = await openService(settings, talk)
    undoing.push(async () => service.close())
    const control = await openControl(sideFolder(path), {service, talk, connections})
    undoing.push(() => stopListening(control))
    const metricsPlace = activated.metrics[0] === undefined ? settings.metrics : {fd: activated.metrics[0]}
    const metrics = metricsPlace === undefined ? null : await serveMetrics(metricsPlace, service)
    return {tallyFd, service, control, metrics}
  }
  const undoing: (() => unknown)[] = [() => giveUp(new Error('not started')), ...servers.map(server => () => stopListening(server))]
  // Half started it would hold clients until their deadline: it lets them go, and says why it is not there.
  const {tallyFd, service, control, metrics} = await begin().catch(async (error: unknown) => {
    for (const undo of undoing) await undo()
    throw error
  })
  const endTally = watchTally(tallyFd, {service, talk})
  open({service, talk, connections})
  const stopped = stopSignal(() => void reload({reread, service, talk}))
  talk.say(`serving ${planned.map(({listener}) => listener.name).join(' ')}; store ${settings.store ?? settings.db}`)
  await notify('READY=1', 'STATUS=serving')
  const signal = await stopped
  talk.say(`${signal}: stopping`)
  await notify('STOPPING=1')
  for (const server of [...servers, control]) stopListening(server)
  metrics?.close()
  metrics?.closeAllConnections()
  await connections.finish(GRACE_MS)
  endTally()
  await service.close()
  talk.say('stopped')
  await talk.flush()
}

const reload = async ({reread, service, talk}: Pick<ServeOptions, 'reread' | 'talk'> & {service: Awaited<ReturnType<OpenService>>}): Promise<void> => {
  await notify('RELOADING=1')
  try {
    await service.reload(reread())
    talk.say('SIGHUP: settings and lists read again; sockets and store stay as they were')
  } catch (error) {
    // The settings in force stay in force: a slip in the file must not stop the mail.
    talk.warn(`SIGHUP: the settings stay as they were: ${(error as Error).message}`)
  }
  await notify('READY=1')
}
