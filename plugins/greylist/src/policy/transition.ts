// What becomes of an entry when its network or triplet is seen: the one truth that every store holds to (Redis in Lua).
import type {Answer, Ask, Entry, Key} from '../store/store.js'

/** One store's entries while it decides. */
export interface Table {
  get(network: string, sender: string, recipient: string): Entry | null
  /** Adds a pending entry; the oldest pending one may have to go for it. */
  begin(entry: Entry): void
  /** Replaces an entry that `get` gave; `was` tells the counts of pending ones what it had been. */
  change(entry: Entry, was: Entry): void
  /** Adds a passed entry where there is none. */
  add(entry: Entry): void
  remove(entry: Entry): void
  /** Notes a pending entry that is begun anew after its window: that message never came back. */
  lose(entry: Entry): void
  /** True when the network's group has as many pending entries as it may. */
  isFull(network: string): boolean
}

const HOUR = 3_600_000

/** How seldom the last use of a passed entry is written: hourly, since a write a hit makes peers 13 times slower. */
export const touchInterval = (keep: number): number => Math.min(HOUR, keep / 4)

const isLive = (entry: Entry, {now, window, keep}: Ask): boolean =>
  entry.passed > 0 ? now - entry.last <= keep : now - entry.first <= window

type Standing = 'passed' | 'ripe' | 'waits'

/** How far an entry has come; null for one that is not there, or whose time is over. */
const standing = (entry: Entry | null, ask: Ask): Standing | null => {
  if (entry === null || !isLive(entry, ask)) return null
  if (entry.passed > 0) return 'passed'
  return ask.now - entry.first >= ask.delay ? 'ripe' : 'waits'
}

const answer = (outcome: Answer['outcome'], {first, last, tries}: Entry): Answer => ({outcome, first, last, tries})

const touch = (table: Table, entry: Entry, {now, keep, dry}: Ask): void => {
  if (dry !== true && now - entry.last >= touchInterval(keep)) table.change({...entry, last: now}, entry)
}

/** The network passes from now on, by what its entry or one of its triplets did. */
const passNetwork = (table: Table, ask: Ask, by: {network: Entry | null; first: number; tries: number}): void => {
  const entry: Entry = {network: ask.network, sender: '', recipient: '', first: by.first, last: ask.now, passed: ask.now, tries: by.tries}
  if (by.network === null) table.add(entry)
  else table.change(entry, by.network)
}

const ripen = (table: Table, ask: Ask, {entry, network}: {entry: Entry; network: Entry | null}): Answer => {
  const passed: Entry = {...entry, last: ask.now, passed: ask.now, tries: entry.tries + 1}
  if (ask.dry === true) return answer('ripe', passed)
  const isNetwork = entry.sender === '' && entry.recipient === ''
  if (isNetwork || !ask.passNetwork) table.change(passed, entry)
  else {
    passNetwork(table, ask, {network, first: entry.first, tries: passed.tries})
    table.remove(entry)
  }
  return answer('ripe', passed)
}

/** What another address of the same domain has waited for. */
const bySpf = (table: Table, ask: Ask, network: Entry | null): Answer | null => {
  if (ask.spf === undefined) return null
  const domain = table.get(`spf:${ask.spf}`, '', '')
  const state = standing(domain, ask)
  if (domain === null || state === null || state === 'waits') return null
  const tries = domain.tries + 1
  if (ask.dry !== true) {
    passNetwork(table, ask, {network, first: domain.first, tries})
    if (state === 'passed') touch(table, domain, ask)
    else table.change({...domain, passed: ask.now, last: ask.now, tries}, domain)
  }
  return {outcome: 'spf', first: domain.first, last: ask.now, tries}
}

const defer = (table: Table, ask: Ask, entry: Entry | null): Answer => {
  if (entry !== null && isLive(entry, ask)) {
    // Neither delay nor window begin anew: a sender who retries too soon must not wait for ever.
    const again = {...entry, last: ask.now, tries: entry.tries + 1}
    if (ask.dry !== true) table.change(again, entry)
    return answer('early', again)
  }
  const {network, sender, recipient, now} = ask
  const fresh: Entry = {network, sender, recipient, first: now, last: now, passed: 0, tries: 1}
  if (table.isFull(network)) return answer('full', fresh)
  if (ask.dry === true) return answer('new', fresh)
  if (entry !== null) {
    if (entry.passed === 0) table.lose(entry)
    table.remove(entry)
  }
  table.begin(fresh)
  return answer('new', fresh)
}

/** What an entry alone says: pass, or null for nothing yet. */
const byEntry = (table: Table, ask: Ask, {entry, network}: {entry: Entry | null; network: Entry | null}): Answer | null => {
  const state = standing(entry, ask)
  if (entry === null || state === null || state === 'waits') return null
  if (state === 'ripe') return ripen(table, ask, {entry, network})
  touch(table, entry, ask)
  return answer('known', entry)
}

/** Decides one request on a table, and writes what follows from it unless it only looks. */
export const decideOn = (table: Table, ask: Ask): Answer => {
  // Also for a triplet: what was seen at connect, without an envelope, and is back after the delay, has been retried.
  const network = table.get(ask.network, '', '')
  const passed = byEntry(table, ask, {entry: network, network})
  if (passed !== null) return passed
  const isNetworkKey = ask.sender === '' && ask.recipient === ''
  const entry = isNetworkKey ? network : table.get(ask.network, ask.sender, ask.recipient)
  const byTriplet = isNetworkKey ? null : byEntry(table, ask, {entry, network})
  return byTriplet ?? bySpf(table, ask, network) ?? defer(table, ask, entry)
}

/** The key of an entry as one text, for maps. */
export const keyText = ({network, sender, recipient}: Key): string => `${network}\n${sender}\n${recipient}`
