// How a command reaches the store: through the daemon when one runs, since it is the one writer; else by itself.
import * as fs from 'node:fs'
import {dirname} from 'node:path'

import {describe, fromSystem, isOpsError, OpsError, type JsonObject} from 'mailops/core'

import {controlPath} from '../../places.js'
import type {EnvelopeFilter, SeenEnvelope} from '../../policy/envelopes.js'
import type {Decision, Request, Rule, Settings} from '../../policy/types.js'
import type {ControlRequest} from '../../protocol/control-line.js'
import type {Counts, Entry, EntryFilter, Key, Lost, Swept} from '../../store/store.js'
import type {TopNetwork} from '../control/top.js'
import {askDaemon} from '../daemon/control-client.js'
import {openService} from '../service/open.js'

/** What commands do with the store, wherever it is. */
export interface Steering {
  /** True when a daemon answers. */
  readonly isDaemon: boolean
  /** What it is, for people. */
  readonly name: string
  readonly isLearning: boolean
  /** True when the store that hosts share did not answer: entries cannot be changed now, lists are carried over later. */
  readonly isAway: boolean
  /** The settings that are in force there: the daemon's own, else the caller's. */
  readonly settings: Settings
  entries(filter: EntryFilter): AsyncIterable<readonly Entry[]>
  get(keys: readonly Key[]): Promise<readonly (Entry | null)[]>
  put(entries: readonly Entry[]): Promise<void>
  remove(keys: readonly Key[]): Promise<number>
  rules(): Promise<readonly Rule[]>
  changeRules(change: {readonly add: readonly Rule[]; readonly remove: readonly Rule[]}): Promise<void>
  counts(day?: number): Promise<Counts>
  size(): Promise<{readonly pending: number; readonly passed: number}>
  lost(limit: number): Promise<readonly Lost[]>
  top(limit: number): Promise<readonly TopNetwork[]>
  sweep(): Promise<Swept>
  /** Decides without writing. */
  look(request: Request): Promise<{readonly decision: Decision; readonly known: boolean}>
  /** What deferred clients of the filter said lately; nothing where no daemon runs. */
  envelopes(filter: EnvelopeFilter, limit: number): Promise<readonly SeenEnvelope[]>
  metrics(): Promise<string>
  reloadProviders(): Promise<void>
  close(): Promise<void>
}

type Asker = (request: ControlRequest) => AsyncIterator<JsonObject, JsonObject> | Iterator<JsonObject, JsonObject>

const summaryOf = async (asker: Asker, request: ControlRequest): Promise<JsonObject> => {
  const rows = asker(request)
  for (;;) {
    const {done, value} = await rows.next()
    if (done === true) return value
  }
}

const rowsOf = async function* (asker: Asker, request: ControlRequest): AsyncGenerator<JsonObject> {
  const rows = asker(request)
  for (;;) {
    const {done, value} = await rows.next()
    if (done === true) return
    yield value
  }
}

/** JSON has no types: both sides of the socket are of one version, which `hello` has made sure of. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the place of the call says what it is
const as = <T>(value: unknown): T => value as T

const steeringOver = (asker: Asker, hello: JsonObject, {isDaemon, close}: {isDaemon: boolean; close: () => Promise<void>}): Steering => {
  const ask = async (request: ControlRequest): Promise<JsonObject> => summaryOf(asker, request)
  return {
    isDaemon,
    name: as<string | null>(hello['store']) ?? 'no store',
    isLearning: hello['learning'] === true,
    isAway: hello['away'] === true,
    settings: as<Settings>(hello['settings']),
    async *entries(filter) {
      for await (const row of rowsOf(asker, {verb: 'entries', filter})) yield as<readonly Entry[]>(row['entries'])
    },
    get: async keys => as((await ask({verb: 'get', keys}))['entries']),
    put: async entries => void (await ask({verb: 'put', entries})),
    remove: async keys => as((await ask({verb: 'remove', keys}))['removed']),
    rules: async () => as((await ask({verb: 'rules'}))['rules']),
    changeRules: async ({add, remove}) => void (await ask({verb: 'change-rules', add, remove})),
    counts: async day => as((await ask({verb: 'counts', ...(day !== undefined && {day})}))['counts']),
    size: async () => as(await ask({verb: 'size'})),
    lost: async limit => as((await ask({verb: 'lost', limit}))['lost']),
    top: async limit => as((await ask({verb: 'top', limit}))['top']),
    sweep: async () => as(await ask({verb: 'sweep'})),
    look: async request => as(await ask({verb: 'decide', request})),
    envelopes: async (filter, limit) => as((await ask({verb: 'envelopes', filter, limit}))['envelopes']),
    metrics: async () => as((await ask({verb: 'metrics'}))['text']),
    reloadProviders: async () => void (await ask({verb: 'reload-providers'})),
    close,
  }
}

/**
 * Refuses what changes entries while the shared store is away: begun, it could not be ended.
 * @throws OpsError 75 `REDIS_AWAY`
 */
export const refuseAway = ({isAway, name}: Steering): void => {
  if (isAway) throw new OpsError('REDIS_AWAY', `the entries are in the shared store, which does not answer (${name})`, {exit: 'tryAgain', hint: 'nothing was changed; try again when it is back'})
}

const noStore = (db: string): OpsError =>
  new OpsError('NO_STORE', `no daemon runs, and there is no store ${db} yet`, {exit: 'noInput', hint: 'mailops greylist serve; or name them: --socket, --db, --config'})

/** False only when it is sure: a folder that is closed to this user may well hold a store. */
const isThere = (path: string): boolean => {
  try {
    return fs.statSync(path, {throwIfNoEntry: false}) !== undefined
  } catch (error) {
    throw fromSystem(error, 'look at', path)
  }
}

/**
 * The daemon's settings; its word for where the store is goes into root's journal, and root would make a file there at an
 * undo. So root takes it from a daemon that is root's alone.
 */
const believed = (hello: JsonObject, path: string, {db}: Settings): JsonObject => {
  if (process.geteuid?.() !== 0 || fs.statSync(dirname(path)).uid === 0) return hello
  return {...hello, settings: {...as<JsonObject>(hello['settings']), db}}
}

const viaDaemon = async (settings: Settings): Promise<Steering | null> => {
  if (!('path' in settings.socket.address)) return null
  const path = controlPath(settings.socket.address.path)
  const asker: Asker = request => askDaemon(path, request)
  try {
    return steeringOver(asker, believed(await summaryOf(asker, {verb: 'hello'}), path, settings), {isDaemon: true, close: async () => undefined})
  } catch (error) {
    // Nobody there: the store is ours to open. Anything else (no permission, a daemon that hangs) is told.
    if (isOpsError(error) && describe(error).code === 'DAEMON_ABSENT') return null
    throw error
  }
}

export interface SteerOptions {
  /** Loud lines of the store that is opened here. */
  readonly warn: (line: string) => void
  /** Makes the store when there is none. */
  readonly mayCreate?: boolean
}

/**
 * Reaches the store.
 * @throws OpsError 66 `NO_STORE`, 69 `SQLITE_MISSING`, 65 `STORE_DAMAGED`, 75 when a daemon hangs, 77
 */
export const openSteering = async (settings: Settings, {warn, mayCreate = false}: SteerOptions): Promise<Steering> => {
  const daemon = await viaDaemon(settings)
  if (daemon !== null) return daemon
  if (!mayCreate && settings.store === undefined && !isThere(settings.db)) throw noStore(settings.db)
  const service = await openService({...settings, spf: false, log: 'off'}, {log: () => undefined, warn}, {use: 'command'})
  const asker: Asker = request => service.control(request)
  const hello = await summaryOf(asker, {verb: 'hello'})
  return steeringOver(asker, hello, {isDaemon: false, close: () => service.close()})
}
