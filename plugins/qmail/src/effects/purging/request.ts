// One purge as the command asks for it, and its change and handler by method.
import type {BulkChange, Plan} from 'mailops/core'
import {bytesText, plural} from 'mailops/core'
import type {BulkHandler, Lock} from 'mailops/effects'

import type {Method} from '../../purge/method.js'
import type {TrashedMessage} from '../../trash/manifest.js'
import type {CompiledSelection} from '../../selection/compile.js'
import type {StopOptions} from '../purge-offline/index.js'
import type {OpenQueue, Snapshot} from '../reading/index.js'

/** A purge that was asked for: the messages, and what is to become of them. */
export interface PurgeRequest {
  readonly queue: OpenQueue
  readonly snapshot: Snapshot
  readonly selection: CompiledSelection
  /** False for a chosen message that is to stay. */
  readonly takes: (index: number) => boolean
  /** Messages and bytes that are to leave, or that are to lose recipients. */
  readonly messages: number
  readonly bytes: number
  readonly method: Method
  /** Why this method. */
  readonly why: string
  /** False: --no-trash. */
  readonly keep: boolean
  readonly all: boolean
  /** Only the recipients that match are taken away. */
  readonly only: boolean
  /** Bounce them to their senders instead: the next attempt is the last (--return). */
  readonly giveUp: boolean
  readonly flush: boolean
  readonly stop: StopOptions
  /** The queue's lock, where it was taken before the messages were chosen. */
  readonly held?: Lock | undefined
  /** An mbox file to write first. */
  readonly exportFile?: string | undefined
}

/** The plan of a purge and the handler that carries it out; only the modules of its method are loaded. */
export const planPurge = async (request: PurgeRequest): Promise<{plan: Plan; handler: BulkHandler}> => {
  const {change, handler} = await (request.giveUp ? giveUp : BY_METHOD[request.only ? 'live' : request.method])(request)
  return {
    plan: {subject: request.giveUp ? 'qmail purge --return' : 'qmail purge', resource: request.queue.path, changes: [change]},
    handler: request.exportFile === undefined ? handler : exportingFirst(request, request.exportFile, handler),
  }
}

interface Made {
  readonly change: BulkChange
  readonly handler: BulkHandler
}

const summaryOf = ({messages, bytes, keep, method, why, only, queue}: PurgeRequest): {summary: string; why: string} => {
  const what = `${plural(messages, 'message')} (${bytesText(bytes)})`
  const how = only
    ? `mark the matching recipients of ${what} done`
    : keep
      ? `move ${what} to the trash`
      : `remove ${what} for good`
  return {summary: `${how}, ${method}, from ${queue.path}`, why}
}

const common = ({queue, keep, messages, bytes}: PurgeRequest) => ({
  queue: queue.path,
  token: crypto.randomUUID(),
  keep,
  messages,
  bytes,
})

const BY_METHOD: Readonly<Record<Method, (request: PurgeRequest) => Promise<Made>>> = {
  offline: async request => {
    const {offlineChange, offlineHandler} = await import('../purge-offline/index.js')
    const {queue, snapshot, takes, all, stop, held} = request
    const args = {...common(request), ...(queue.control !== undefined && {control: queue.control})}
    return {change: offlineChange(args, summaryOf(request)), handler: offlineHandler({queue, snapshot, takes, all, stop, held})}
  },
  swap: async request => {
    const {swapHandler} = await import('../swap/handler.js')
    const {swapChange} = await import('../swap/swap-args.js')
    const {queue, snapshot, stop} = request
    const args = {...common(request), layout: queue.layout, stop: stop.stop}
    const live = {stop, messages: request.keep ? {[Symbol.iterator]: () => linesOf(snapshot)} : []}
    return {change: swapChange(args, summaryOf(request)), handler: swapHandler(live)}
  },
  live: async request => {
    const {liveHandler} = await import('../live/handler.js')
    const {liveChange} = await import('../live/live-args.js')
    const {queue, snapshot, takes, selection, flush, only, method, stop} = request
    const args = {...common(request), layout: queue.layout, only, offline: method === 'offline', stop: stop.stop}
    return {change: liveChange(args, summaryOf(request)), handler: liveHandler({queue, snapshot, takes, selection, flush, stop})}
  },
}

const giveUp = async ({queue, snapshot, takes, stop, messages, flush, method}: PurgeRequest): Promise<Made> => {
  const {queueLifetime} = await import('../schedule/earlier.js')
  const {scheduleHandler} = await import('../schedule/handler.js')
  const {scheduleChange} = await import('../schedule/schedule-args.js')
  const {caveats} = await import('../../schedule/action.js')
  const args = {action: 'expire' as const, queue: queue.path, token: crypto.randomUUID(), messages, stop: stop.stop}
  const lifetime = queueLifetime(queue)
  // Without a qmail-send that could hear it, its start does the same.
  const live = {queue, snapshot, takes, stop, now: Date.now() / 1000, lifetime, flush: flush && method === 'live'}
  return {change: scheduleChange(args, caveats('expire').join('; ')), handler: scheduleHandler(live)}
}

function* linesOf(snapshot: Snapshot): Generator<TrashedMessage> {
  for (let i = 0; i < snapshot.length; i++) {
    const {number, presence, birthMs, size, fingerprint} = snapshot.at(i)
    yield {number, presence, birthMs, size, fingerprint}
  }
}

/** Everything that will leave is in the file, synced, before anything leaves. */
const exportingFirst = ({queue, snapshot, takes}: PurgeRequest, file: string, handler: BulkHandler): BulkHandler => ({
  ...handler,
  apply: async (change, context) => {
    const {exportMbox} = await import('../export/mbox.js')
    await exportMbox({queue, snapshot, takes, file, signal: context.signal})
    return handler.apply(change, context)
  },
})

