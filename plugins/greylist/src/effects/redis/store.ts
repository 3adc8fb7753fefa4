// The store in Redis alone: every host's daemon sees what every other has seen. Throws when Redis does not answer.
import {groupOf} from '../../policy/address.js'
import {keyText} from '../../policy/transition.js'
import {ruleKey} from '../../policy/rule.js'
import type {Limits, Rule} from '../../policy/types.js'
import type {Answer, Ask, Counts, Entry, Key, Lost, Outcome, Store} from '../../store/store.js'
import type {Redis, Reply} from './client.js'
import {DECIDE, PREFIX, PUT, REMOVE, SWEEP} from './script.js'

const CHUNK = 500

const list = (reply: Reply): readonly Reply[] => (Array.isArray(reply) ? (reply as readonly Reply[]) : [])
const text = (reply: Reply | undefined): string => (typeof reply === 'number' ? String(reply) : typeof reply === 'string' ? reply : '')

/** A hash: a map in RESP3, which the client speaks where the server does, names and values in turn in RESP2. */
const pairs = (reply: Reply): (readonly [string, Reply])[] => {
  if (!Array.isArray(reply)) return typeof reply === 'object' && reply !== null ? Object.entries(reply as Readonly<Record<string, Reply>>) : []
  const values = list(reply)
  return values.flatMap((name, n) => (n % 2 === 0 ? [[text(name), values[n + 1] ?? null] as const] : []))
}

const keyOf = (key: string): Key => {
  const [network = '', sender = '', recipient = ''] = key.split('\n')
  return {network, sender, recipient}
}

const entryOf = (key: string, value: Reply | undefined): Entry | null => {
  if (typeof value !== 'string') return null
  const [first = 0, last = 0, passed = 0, tries = 0] = value.split(':').map(Number)
  return {...keyOf(key), first, last, passed, tries}
}

const groupText = (network: string, limits: Limits): string => String(groupOf(network, limits) ?? '')

const askArgs = (ask: Ask, limits: Limits): string[] => [
  ask.network, ask.sender, ask.recipient, groupText(ask.network, limits),
  String(ask.now), String(ask.delay), String(ask.window), String(ask.keep),
  ask.passNetwork ? '1' : '0', ask.spf ?? '', ask.domain ?? '', ask.dry === true ? '1' : '0',
]

const answersOf = (reply: Reply): Answer[] => {
  const values = list(reply)
  const answers: Answer[] = []
  for (let n = 0; n < values.length; n += 5)
    answers.push({
      outcome: text(values[n]) as Outcome,
      first: Number(values[n + 1]),
      last: Number(values[n + 2]),
      tries: Number(values[n + 3]),
      ...(values[n + 4] === '1' && {isDomainSeen: true}),
    })
  return answers
}

/** Entries by way of the two sorted sets: the database may have other keys, which are not walked. */
const walk = async function* (redis: Redis, state: 'pending' | 'passed'): AsyncGenerator<readonly Entry[]> {
  let cursor = '0'
  do {
    const [next, members] = list(await redis.send(['ZSCAN', `${PREFIX}${state === 'pending' ? 'p' : 'w'}`, cursor, 'COUNT', String(CHUNK)]))
    cursor = text(next)
    const keys = list(members ?? []).flatMap((member, n) => (n % 2 === 0 ? [state === 'pending' ? text(member).slice(17) : text(member)] : []))
    if (keys.length === 0) continue
    const values = list(await redis.send(['MGET', ...keys.map(key => `${PREFIX}e:${key}`)]))
    const entries = keys.flatMap((key, n) => entryOf(key, values[n]) ?? []).filter(entry => (entry.passed > 0) === (state === 'passed'))
    if (entries.length > 0) yield entries
  } while (cursor !== '0')
}

const sideStore = (redis: Redis): Pick<Store, 'rules' | 'changeRules' | 'count' | 'counts' | 'lost' | 'recall' | 'recallAll' | 'remember'> => ({
  rules: async () => list(await redis.send(['HVALS', `${PREFIX}rules`])).map(value => JSON.parse(text(value)) as Rule),
  changeRules: async ({add, remove}) => {
    if (remove.length > 0) await redis.send(['HDEL', `${PREFIX}rules`, ...remove.map(ruleKey)])
    if (add.length > 0) await redis.send(['HSET', `${PREFIX}rules`, ...add.flatMap(rule => [ruleKey(rule), JSON.stringify(rule)])])
  },
  count: async (day, counts) => {
    for (const [name, n] of Object.entries(counts)) {
      await redis.send(['HINCRBY', `${PREFIX}counts`, name, String(n)])
      if (day > 0) await redis.send(['HINCRBY', `${PREFIX}counts:${day}`, name, String(n)])
    }
    if (day > 0) await redis.send(['EXPIRE', `${PREFIX}counts:${day}`, String(400 * 86_400)])
  },
  counts: async (day = 0): Promise<Counts> => {
    const counts = pairs(await redis.send(['HGETALL', day > 0 ? `${PREFIX}counts:${day}` : `${PREFIX}counts`]))
    return Object.fromEntries(counts.map(([name, n]) => [name, Number(n)]))
  },
  lost: async limit =>
    list(await redis.send(['LRANGE', `${PREFIX}lost`, '0', String(limit - 1)])).map((value): Lost => {
      const [, first, last, tries, key = ''] = /^(\d+):(\d+):(\d+):([\s\S]*)$/.exec(text(value)) ?? []
      return {...keyOf(key), first: Number(first), last: Number(last), tries: Number(tries)}
    }),
  recall: async name => {
    const value = await redis.send(['GET', `${PREFIX}m:${name}`])
    return typeof value === 'string' ? value : null
  },
  // Others write too: what they know is told by `isDomainSeen`, and recalled then.
  recallAll: async () => [],
  remember: async (name, value, until) => void (await redis.send(['SET', `${PREFIX}m:${name}`, value, 'PXAT', String(until)])),
})

/** @param spans how long entries count, for the time that Redis keeps those that are put as they are */
export const redisStore = (redis: Redis, {name, limits, spans}: {name: string; limits: Limits; spans: () => {window: number; keep: number}}): Store => ({
  name,
  decide: async asks =>
    answersOf(await redis.run(DECIDE, [String(limits.perGroup), String(limits.pending), ...asks.flatMap(ask => askArgs(ask, limits))])),
  async *entries({network, state}) {
    for (const one of ['pending', 'passed'] as const) {
      if (state !== undefined && state !== one) continue
      for await (const chunk of walk(redis, one)) {
        const fitting = network === undefined ? chunk : chunk.filter(entry => entry.network === network)
        if (fitting.length > 0) yield fitting
      }
    }
  },
  get: async keys => {
    if (keys.length === 0) return []
    const values = list(await redis.send(['MGET', ...keys.map(key => `${PREFIX}e:${keyText(key)}`)]))
    return keys.map((key, n) => entryOf(keyText(key), values[n]))
  },
  put: async entries => {
    const {window, keep} = spans()
    for (let from = 0; from < entries.length; from += CHUNK)
      await redis.run(PUT, [
        String(Date.now()), String(window), String(keep),
        ...entries.slice(from, from + CHUNK).flatMap(entry => [keyText(entry), groupText(entry.network, limits), ...[entry.first, entry.last, entry.passed, entry.tries].map(String)]),
      ])
  },
  remove: async keys => {
    let removed = 0
    for (let from = 0; from < keys.length; from += CHUNK) removed += Number(await redis.run(REMOVE, keys.slice(from, from + CHUNK).map(keyText)))
    return removed
  },
  ...sideStore(redis),
  sweep: async ({now, window}) => {
    const [removed, lost] = list(await redis.run(SWEEP, [String(now), String(window), String(CHUNK)])).map(Number)
    return {removed: removed ?? 0, lost: lost ?? 0, done: (removed ?? 0) < CHUNK}
  },
  size: async () => ({pending: Number(await redis.send(['ZCARD', `${PREFIX}p`])), passed: Number(await redis.send(['ZCARD', `${PREFIX}w`]))}),
  close: async () => redis.close(),
})
