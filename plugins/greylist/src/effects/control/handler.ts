// What the daemon answers to the commands: the store's own methods, a piece at a time.
import {OpsError, type JsonObject} from 'mailops/core'

import type {ControlHandler, ControlRequest} from '../../protocol/control-line.js'
import type {EnvelopeFilter, Envelopes} from '../../policy/envelopes.js'
import type {Service} from '../../policy/service.js'
import type {Request, Rule, Settings} from '../../policy/types.js'
import type {Counts, Entry, EntryFilter, Key, Store} from '../../store/store.js'
import {asOpsError} from '../service/holder.js'
import {topNetworks} from './top.js'
import {longest} from '../service/spans.js'

/** What the handler needs of the service. */
export interface Held {
  readonly holder: {readonly store: Store | null; readonly learningUntil: number; readonly trouble: string | null}
  readonly look: Service['look']
  readonly envelopes: Envelopes['find']
  readonly metrics: () => Promise<string>
  readonly settings: () => Settings
  readonly isLearning: () => boolean
  /** The counters of a day or of all days, with what the store has not taken yet. */
  readonly countsOf: (store: Store, day?: number) => Promise<Counts>
  readonly rulesChanged: () => Promise<void>
  /** Reads the providers' list again. */
  readonly reload: () => void
}

/** Entries in one row: some hundred rows are on their way at once. */
const ROW = 64

const json = (value: unknown): JsonObject => value as JsonObject

const storeOf = ({holder}: Held): Store => {
  if (holder.store !== null) return holder.store
  throw new OpsError('STORE_DOWN', 'the daemon has no store to work on just now; everybody passes', {exit: 'tryAgain', hint: 'its log says why: mailops doctor'})
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what a verb needs is only known where it is asked for
const member = <T>(request: ControlRequest, name: string): T => {
  if (request[name] !== undefined) return request[name] as T
  throw new OpsError('BAD_REQUEST', `the control request ${request.verb} has no member ${name}`, {exit: 'badData'})
}

type Answer = AsyncGenerator<JsonObject, JsonObject>
type Verb = (held: Held, request: ControlRequest) => Answer

/** A verb whose whole answer is its summary. */
const single = (work: (held: Held, request: ControlRequest) => Promise<JsonObject>): Verb =>
  // eslint-disable-next-line require-yield
  async function* (held, request): Answer {
    return work(held, request)
  }

const VERBS: Readonly<Record<string, Verb>> = {
  hello: single(async held => json({version: 1, store: held.holder.store?.name ?? null, away: held.holder.store?.isAway === true, learning: held.isLearning(), learningUntil: held.holder.learningUntil, trouble: held.holder.trouble, pid: process.pid, settings: held.settings()})),
  entries: async function* (held, request): Answer {
    for await (const chunk of storeOf(held).entries(member<EntryFilter>(request, 'filter')))
      for (let from = 0; from < chunk.length; from += ROW) yield json({entries: chunk.slice(from, from + ROW)})
    return {}
  },
  get: single(async (held, request) => json({entries: await storeOf(held).get(member<Key[]>(request, 'keys'))})),
  put: single(async (held, request) => {
    await storeOf(held).put(member<Entry[]>(request, 'entries'))
    return {}
  }),
  remove: single(async (held, request) => ({removed: await storeOf(held).remove(member<Key[]>(request, 'keys'))})),
  rules: single(async held => json({rules: await storeOf(held).rules()})),
  'change-rules': single(async (held, request) => {
    await storeOf(held).changeRules({add: member<Rule[]>(request, 'add'), remove: member<Rule[]>(request, 'remove')})
    await held.rulesChanged()
    return {}
  }),
  counts: single(async (held, request) => {
    return json({counts: await held.countsOf(storeOf(held), request['day'] as number | undefined)})
  }),
  size: single(async held => json(await storeOf(held).size())),
  top: single(async (held, request) => json({top: await topNetworks(storeOf(held), member<number>(request, 'limit'))})),
  lost: single(async (held, request) => json({lost: await storeOf(held).lost(member<number>(request, 'limit'))})),
  sweep: single(async held => json(await storeOf(held).sweep({now: Date.now(), ...longest(held.settings())}))),
  decide: single(async (held, request) => json(await held.look(member<Request>(request, 'request')))),
  envelopes: single(async (held, request) => json({envelopes: held.envelopes(member<EnvelopeFilter>(request, 'filter'), member<number>(request, 'limit'))})),
  metrics: single(async held => ({text: await held.metrics()})),
  'reload-providers': single(async held => {
    held.reload()
    return {}
  }),
}

/** What SQLite says is the disk's or the file's trouble, not a fault of the program. */
async function* explained(answer: Answer, {settings}: Held): Answer {
  try {
    return yield* answer
  } catch (error) {
    throw asOpsError(error, settings().db)
  }
}

/** The handler of a service. */
export const controlHandler =
  (held: Held): ControlHandler =>
  request => {
    const verb = Object.hasOwn(VERBS, request.verb) ? VERBS[request.verb] : undefined
    if (verb === undefined)
      throw new OpsError('UNKNOWN_VERB', `this daemon does not know the control request ${request.verb}`, {exit: 'unavailable', hint: 'restart the daemon: it is of another version than this command'})
    return explained(verb(held, request), held)
  }
