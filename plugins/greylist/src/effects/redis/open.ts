// Redis with SQLite in front of it: the cache of what passes, and what decides while Redis is away.
import {OpsError} from 'mailops/core'

import {touchInterval} from '../../policy/transition.js'
import type {Limits, Rule} from '../../policy/types.js'
import type {Answer, Ask, Entry, Store} from '../../store/store.js'
import {rarely} from '../service/talk.js'
import {isLost} from '../sqlite/load.js'
import {connectRedis, type Redis} from './client.js'
import {ruleOutbox} from './rule-outbox.js'
import {redisStore} from './store.js'

export interface RedisOptions {
  readonly url: string
  /** The local store. */
  readonly local: Store
  readonly limits: Limits
  readonly spans: () => {window: number; keep: number}
  readonly warn: (line: string) => void
}

/** The URL without a password, for people. */
const shown = (url: string): string => url.replace(/:\/\/[^/@]*@/, '://***@')

const passes = ({outcome}: Answer): boolean => outcome === 'known' || outcome === 'ripe' || outcome === 'spf'

/** What the cache keeps of an answer that lets a client pass. */
const cached = (ask: Ask, answer: Answer): Entry => {
  const isTriplet = !ask.passNetwork && answer.outcome !== 'spf'
  const {first, tries} = answer
  const last = answer.outcome === 'known' ? answer.last : ask.now
  return {network: ask.network, sender: isTriplet ? ask.sender : '', recipient: isTriplet ? ask.recipient : '', first, last, passed: Math.max(1, last), tries}
}

/**
 * Opens it. Redis need not be there: then SQLite decides alone, and Redis is joined when it comes.
 * @throws OpsError 78 `BAD_STORE`
 */
export const openRedis = async (options: RedisOptions): Promise<Store> => {
  const {url, local, limits, spans, warn} = options
  let wasUp = false
  let hasSettled = false
  const redis = await connectRedis(url, {
    changed: (isUp, why) => {
      // That it is there from the beginning is no news.
      if (wasUp || !isUp || hasSettled) warn(isUp ? `${shown(url)}: ${why}; decisions are shared again` : `${shown(url)} is away (${why}); this host decides by itself`)
      wasUp ||= isUp
    },
  })
  await redis.settled()
  hasSettled = true
  if (!redis.isUp) warn(`${shown(url)} is not there; this host decides by itself until it is`)
  const remote = redisStore(redis, {name: `${shown(url)} with ${local.name}`, limits, spans})
  const say = rarely(warn)
  return withCache({redis, remote, local, warn: line => say('cache', line)})
}

const away = (error: unknown): OpsError =>
  new OpsError('REDIS_AWAY', `the entries are in the shared store, which does not answer: ${(error as Error).message}`, {exit: 'tryAgain', hint: 'try again when it is back; mailops doctor', cause: error})

/** A question that the cache does not settle, with what this host alone would say. */
interface Open {
  readonly ask: Ask
  readonly own: Answer
}

const withCache = ({redis, remote, local, warn}: {redis: Redis; remote: Store; local: Store; warn: (line: string) => void}): Store => {
  const localDecide = (asks: readonly Ask[]): readonly Answer[] => local.decide(asks) as readonly Answer[]
  const look = (asks: readonly Ask[]): readonly Answer[] => localDecide(asks.map(ask => ({...ask, dry: true as const})))

  /** The shared store has decided: that the cache has no room, or is closed, is no reason to decide otherwise. */
  const cache = async (entries: readonly Entry[]): Promise<void> => {
    try {
      await local.put(entries)
    } catch (error) {
      // A damaged file is made anew by whoever holds the store.
      if (isLost(error)) throw error
      warn(`the cache of the shared store cannot be written: ${local.name}: ${(error as Error).message}`)
    }
  }

  /** The shared store's answers, and what this host learnt alone while it was away. */
  const reconcile = async (open: readonly Open[], answers: readonly Answer[]): Promise<readonly Answer[]> => {
    const keep: Entry[] = []
    const teach: Entry[] = []
    const merged = answers.map((answer, n): Answer => {
      const {ask, own} = open[n] as Open
      const isReal = ask.dry !== true
      if (passes(answer)) {
        if (isReal && (own.outcome !== 'known' || answer.last > own.last)) keep.push(cached(ask, answer))
        return answer
      }
      // Deferred here during an outage, and back after the delay.
      if (!passes(own) || answer.outcome === 'full') return answer
      if (isReal) teach.push(cached(ask, own))
      return own
    })
    if (keep.length + teach.length > 0) await cache([...keep, ...teach])
    if (teach.length > 0) await remote.put(teach)
    return merged
  }

  const shared = async (open: readonly Open[]): Promise<readonly Answer[]> => {
    const asks = open.map(({ask}) => ask)
    let answers: readonly Answer[]
    try {
      answers = await remote.decide(asks)
    } catch {
      // Said when its state changed; the client must not wait.
      return localDecide(asks)
    }
    return reconcile(open, answers)
  }

  const outbox = ruleOutbox(local, remote)
  let turn: Promise<unknown> = Promise.resolve()
  /** One at a time: lists that were read before a change must not be written down after it. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined) // told to whoever asked
    return mine
  }
  const sharedRules = async (): Promise<readonly Rule[]> => {
    await outbox.deliver()
    const rules = await remote.rules()
    // What is known here holds while Redis is away.
    const here = await local.rules()
    if (JSON.stringify(here.toSorted(byKey)) !== JSON.stringify(rules.toSorted(byKey))) await local.changeRules({remove: here, add: rules})
    return rules
  }

  /** For what must not be done by halves: the cache in front must not stand for the shared store. */
  const remotely = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw away(error)
    }
  }
  /** Redis when it is up, else SQLite. */
  const either = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    if (!redis.isUp) return work(local)
    try {
      return await work(remote)
    } catch {
      return work(local) // said when its state changed
    }
  }
  return {
    name: remote.name,
    decide: asks => {
      if (!redis.isUp) return localDecide(asks)
      const here = look(asks)
      // The last use is shared once an hour; until then the cache alone lets a passed network pass.
      const open: (Open & {n: number})[] = []
      for (const [n, own] of here.entries()) {
        const ask = asks[n] as Ask
        if (own.outcome !== 'known' || ask.now - own.last >= touchInterval(ask.keep)) open.push({n, ask, own})
      }
      if (open.length === 0) return here
      return shared(open).then(answers => {
        const all = [...here]
        for (const [at, {n}] of open.entries()) all[n] = answers[at] as Answer
        return all
      })
    },
    async *entries(filter) {
      if (!redis.isUp) return yield* local.entries(filter)
      let isBegun = false
      try {
        for await (const chunk of remote.entries(filter)) {
          isBegun = true
          yield chunk
        }
      } catch (error) {
        if (isBegun) throw away(error)
        yield* local.entries(filter) // said when its state changed
      }
    },
    // Of the cache: while Redis decides, what cannot be written here is no trouble of the store.
    get isDoubtful() {
      return !redis.isUp && local.isDoubtful === true
    },
    get isAway() {
      return !redis.isUp
    },
    get: async keys => remotely(async () => remote.get(keys)),
    put: async entries => {
      await remotely(async () => remote.put(entries))
      // What the cache says of them is out of date.
      await local.remove(entries)
    },
    remove: async keys => {
      const removed = await remotely(async () => remote.remove(keys))
      await local.remove(keys)
      return removed
    },
    rules: async () =>
      inTurn(async () => {
        if (!redis.isUp) return local.rules()
        try {
          return await sharedRules()
        } catch {
          return local.rules() // said when its state changed
        }
      }),
    changeRules: async change =>
      inTurn(async () => {
        await outbox.keep(change)
        await local.changeRules(change)
        // What does not arrive now is carried over by the next reading of the lists.
        if (redis.isUp) await outbox.deliver().catch(() => undefined)
      }),
    count: async (day, counts) => either(store => store.count(day, counts)),
    counts: async day => either(store => store.counts(day)),
    lost: async limit => either(store => store.lost(limit)),
    recall: async (name, now) => either(store => store.recall(name, now)),
    recallAll: async (prefix, now) => local.recallAll(prefix, now),
    remember: async (name, text, until) => {
      await local.remember(name, text, until)
      if (redis.isUp) await either(store => (store === local ? Promise.resolve() : store.remember(name, text, until)))
    },
    size: async () => either(store => store.size()),
    sweep: async limits => {
      const here = await local.sweep(limits)
      if (!redis.isUp) return here
      const there = await either(store => (store === local ? Promise.resolve({removed: 0, lost: 0, done: true}) : store.sweep(limits)))
      return {removed: here.removed + there.removed, lost: there.lost, done: here.done && there.done}
    },
    close: async () => {
      await remote.close()
      await local.close()
    },
  }
}

const byKey = (a: {list: string; kind: string; value: string}, b: {list: string; kind: string; value: string}): number => (`${a.list} ${a.kind} ${a.value}` < `${b.list} ${b.kind} ${b.value}` ? -1 : 1)
