// Failures by account, address or service instead of by cause.
import {redactName, serviceOf} from './redact.js'
import type {Group, Grouping} from './report.js'
import type {Tally} from './tally.js'
import {isoTime} from './time-text.js'

interface Running {
  count: number
  first: number
  last: number
  readonly causes: Map<string, number>
}

// A protocol of the account's own service, or none.
const nameOf = (by: Exclude<Grouping, 'cause'>, account: string, address: string): string => {
  if (by === 'ip') return address === '' ? '(local)' : address
  if (by === 'service') return serviceOf(account) ?? '(no service)'
  return account === '' ? '(no account)' : redactName(account)
}

const add = (groups: Map<string, Running>, name: string, cause: string, [count, first, last]: readonly [number, number, number]): void => {
  const group = groups.get(name) ?? {count: 0, first: 0, last: 0, causes: new Map<string, number>()}
  group.count += count
  if (first > 0 && (group.first === 0 || first < group.first)) group.first = first
  if (last > group.last) group.last = last
  group.causes.set(cause, (group.causes.get(cause) ?? 0) + count)
  groups.set(name, group)
}

/** The groups of a tally, the largest first, and how many there are in all. */
export const groupsOf = (tally: Tally, by: Exclude<Grouping, 'cause'>, limit: number): {groups: Group[]; total: number} => {
  const {pairs, accounts, addresses, settled} = tally
  const groups = new Map<string, Running>()
  for (const {cause, accounts: names, addresses: places, first, last} of settled.list())
    for (const [name, count] of by === 'ip' ? places : names) add(groups, nameOf(by, name, name), cause, [count, first, last])
  for (let index = 0; index < pairs.size; index++) {
    const failures = pairs.failures[index]!
    if (failures === 0) continue
    const name = nameOf(by, accounts.list[pairs.accounts[index]!]!.name, addresses.list[pairs.addresses[index]!]!.text)
    const times = [pairs.first[index]!, pairs.last[index]!] as const
    const outage = pairs.outages[index]!
    if (failures > outage) add(groups, name, tally.causeAt(index), [failures - outage, ...times])
    if (outage > 0) add(groups, name, 'outage', [outage, ...times])
  }
  for (const one of by === 'ip' ? addresses.list : accounts.list)
    if (one.attacks > 0) add(groups, 'text' in one ? nameOf(by, '', one.text) : nameOf(by, one.name, ''), 'brute-force', [one.attacks, 0, 0])
  const list = [...groups]
    .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([name, {count, first, last, causes}]): Group => ({
      name, count, first: isoTime(first), last: isoTime(last), causes: Object.fromEntries([...causes].sort((a, b) => b[1] - a[1])),
    }))
  return {groups: list, total: groups.size}
}
