// Opens the service that every socket asks: policy, store, lists, providers, SPF, counters and log in one.
import {hostname} from 'node:os'

import {isOpsError} from 'mailops/core'

import {envelopeLine, logLine} from '../../log/line.js'
import {prometheusText} from '../../metrics/prometheus.js'
import {parseAddress} from '../../policy/address.js'
import {cidrMap} from '../../policy/cidr-map.js'
import {conclude, open, type Policy} from '../../policy/decide.js'
import {makeEnvelopes} from '../../policy/envelopes.js'
import {makeLists} from '../../policy/lists.js'
import {makeMessages} from '../../policy/messages.js'
import {wouldDefer} from '../../policy/text.js'
import type {Envelope, Service} from '../../policy/service.js'
import type {Decision, Request, Rule, Settings} from '../../policy/types.js'
import {ageDays, providerMap, STALE_DAYS} from '../../providers/providers.js'
import type {Answer, Ask, Counts, Store} from '../../store/store.js'
import {controlHandler} from '../control/handler.js'
import {loadProviders} from '../providers/load.js'
import {makeSpf} from '../spf/memory.js'
import {holdStore, type Use} from './holder.js'
import {makeQueue} from './queue.js'
import {makeStatistics} from './statistics.js'
import type {Talk} from './talk.js'
import {startUpkeep} from './upkeep.js'

const REREAD_MS = 15_000
const TELL_MS = 10_000

const listenersOf = ({socket, policy, exim}: Settings): Policy['listeners'] =>
  new Map([socket, ...policy, ...exim].map(listener => [listener.name, listener]))

const fault = (reason: 'disk-full' | 'store-fault'): Decision => ({action: 'pass', reason})

/**
 * Opens it. A store that cannot be used keeps it from nothing but remembering.
 * @throws OpsError 69 `SQLITE_MISSING`; for a command whatever is wrong with the store
 */
export const openService = async (given: Settings, talk: Talk, {use = 'daemon'}: {use?: Use} = {}): Promise<Service> => {
  let settings = given
  let storedRules: readonly Rule[] = []
  const host = hostname()
  const statistics = makeStatistics()
  const messages = makeMessages()
  const envelopes = makeEnvelopes()
  const spf = makeSpf({settings: () => settings, store: () => holder.store, warn: talk.warn})

  let providers: {readonly map: Policy['providers']} | null = null
  /** Read once, and again on a reload; a change of the lists leaves it. */
  const providersMap = (): Policy['providers'] => (providers ??= {map: providerMap(providersOrNone())}).map
  const loadPolicy = (): Policy => ({
    learning: settings.learning,
    settings,
    lists: makeLists([...settings.rules, ...storedRules]),
    providers: settings.providers ? providersMap() : cidrMap([]),
    listeners: listenersOf(settings),
    isSpfClient: spf.isClient,
    spfDomainOf: spf.domainOf,
    host,
  })
  const providersOrNone = () => {
    try {
      return loadProviders(settings.db)
    } catch (error) {
      // A damaged list is loud, and no reason to stop the mail.
      talk.warn(`the providers' list is not used: ${isOpsError(error) ? error.message : String(error)}`)
      return {date: '1970-01-01', providers: []}
    }
  }
  const readRules = async (): Promise<void> => {
    storedRules = (await holder.store?.rules()) ?? storedRules
    policy = loadPolicy()
  }
  let policy = loadPolicy()
  const holder = await holdStore({
    settings,
    talk,
    use,
    onOpen: async store => {
      storedRules = await store.rules()
      policy = loadPolicy()
      await spf.load(store)
    },
  })
  const queue = makeQueue(holder)
  const upkeep = use === 'daemon' ? startUpkeep({holder, statistics, settings: () => settings}) : null
  const tellAge = (): void => {
    const age = settings.providers ? ageDays(providersOrNone(), Date.now()) : 0
    if (age > STALE_DAYS) talk.warn(`the providers' ranges are ${age} days old: mailops greylist providers update`)
  }
  // Not at once: who serves one connection and goes has no use for it.
  const telling = use === 'daemon' ? setTimeout(tellAge, TELL_MS).unref() : undefined
  // Another host's command may have changed the lists of a shared store.
  const rereading =
    use === 'daemon' && settings.store !== undefined
      ? setInterval(() => void readRules().catch((error: unknown) => holder.failed(error)), REREAD_MS).unref()
      : undefined
  const current = (): Policy => {
    const learning = settings.learning || (holder.learningUntil > 0 && holder.learningUntil > Date.now())
    if (learning !== policy.learning) policy = {...policy, learning}
    return policy
  }

  const finish = (request: Request, decision: Decision, reply: (decision: Decision) => void): void => {
    reply(decision)
    statistics.decided(decision)
    if (settings.log !== 'off') talk.log(logLine(settings.log, {request, decision, at: Date.now()}))
  }
  const answered = (request: Request, {ask, answer}: {ask: Ask; answer: Answer | 'disk-full' | 'store-fault'}): Decision =>
    typeof answer === 'string' ? fault(answer) : conclude(current(), request, {ask, answer})

  const decide = (asked: Request, reply: (decision: Decision) => void): void => {
    const request = asked.recipient === undefined || asked.recipient === '' ? withFirstRecipient(asked) : asked
    const opening = open(current(), request, Date.now())
    if ('decision' in opening) {
      if (opening.decision.reason === 'null-sender') messages.remember(request)
      return finish(request, opening.decision, reply)
    }
    const earlier = messages.earlier(request)
    if (earlier !== null) return finish(request, earlier, reply)
    const {ask, address} = opening
    const take = (answer: Answer | 'disk-full' | 'store-fault', isSecond = false): void => {
      // Another host has deferred this domain: its ranges are looked up, and the question put once more.
      if (!isSecond && typeof answer === 'object' && answer.isDomainSeen === true && ask.spf === undefined && ask.domain !== undefined)
        return void askAgain(ask.domain, answer)
      const decision = answered(request, {ask, answer})
      messages.remember(request, decision)
      finish(request, decision, reply)
      if (typeof answer === 'object' && wouldDefer(decision) && ask.domain !== undefined)
        spf.check({domain: ask.domain, address, first: answer.first, ask})
    }
    const askAgain = async (domain: string, answer: Answer): Promise<void> => {
      if (await spf.recall(domain, address)) queue.add({request, ask: {...ask, spf: domain}, address, take: second => take(second, true)})
      else take(answer, true)
    }
    queue.add({request, ask, address, take})
  }
  const withFirstRecipient = (request: Request): Request => {
    const recipient = messages.firstRecipient(request)
    return recipient === undefined ? request : {...request, recipient}
  }

  const look = async (request: Request): Promise<{decision: Decision; known: boolean}> => {
    const opening = open(current(), request, Date.now())
    if ('decision' in opening) return {decision: opening.decision, known: !['no-address', 'null-sender'].includes(opening.decision.reason)}
    const ask = {...opening.ask, dry: true as const}
    const answer = (await holder.store?.decide([ask]))?.[0] ?? 'store-fault'
    return {decision: answered(request, {ask, answer}), known: typeof answer === 'object' && answer.outcome !== 'new' && answer.outcome !== 'full'}
  }

  /** What a fake dialog saw: the domain that was deferred at connect may come back from another address. */
  const report = (envelope: Envelope): void => {
    const {client, helo, sender, recipients} = envelope
    const at = Date.now()
    const request: Request = {client, stage: 'rcpt', ...(helo !== undefined && {helo}), ...(sender !== undefined && {sender}), ...(recipients[0] !== undefined && {recipient: recipients[0]})}
    statistics.add('envelopes')
    envelopes.add(envelope, {ipv4: settings.ipv4, ipv6: settings.ipv6, at})
    if (settings.log !== 'off') talk.log(envelopeLine(settings.log, {envelope, at}))
    const address = parseAddress(client)
    const opening = open(current(), request, at)
    if (address === null || !('ask' in opening) || opening.ask.domain === undefined) return
    const {ask} = opening
    spf.check({domain: opening.ask.domain, address, first: ask.now, ask})
  }

  /** Those that a full disk keeps in memory are counted too: when it is full is when somebody looks. */
  const countsOf = async (store: Store, day?: number): Promise<Counts> => {
    await statistics.flush(store).catch((error: unknown) => holder.failed(error))
    const counts: Record<string, number> = {...(await store.counts(day))}
    for (const [name, by] of Object.entries(statistics.waiting())) counts[name] = (counts[name] ?? 0) + by
    return counts
  }

  const metrics = async (): Promise<string> => {
    const {store} = holder
    const gauges = {learning: current().learning, rules: storedRules.length + settings.rules.length}
    if (store === null) return prometheusText(statistics.waiting(), {...gauges, storeUp: false})
    return prometheusText(await countsOf(store), {...gauges, storeUp: true, ...(await store.size())})
  }

  return {
    decide,
    look,
    report,
    control: controlHandler({
      holder,
      look,
      envelopes: envelopes.find,
      metrics,
      settings: () => settings,
      isLearning: () => current().learning,
      countsOf,
      rulesChanged: readRules,
      reload: () => {
        providers = null
        policy = loadPolicy()
      },
    }),
    metrics,
    tally: statistics.add,
    reload: async next => {
      settings = next
      providers = null
      await readRules()
    },
    close: async () => {
      clearInterval(rereading)
      clearTimeout(telling)
      upkeep?.stop()
      queue.flush()
      spf.stop()
      try {
        await statistics.flush(holder.store)
      } catch (error) {
        // The last second's counters; the store has said what is wrong with it.
        holder.failed(error)
      }
      await holder.close()
    },
  }
}
