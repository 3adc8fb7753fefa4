// mailops greylist list: what is remembered, or the lists.
import {Flags} from '@oclif/core'
import {MailopsCommand, plural, tableLines, terminalSafe} from 'mailops'

import {printRows} from '../../effects/exchange/print-rows.js'
import {openSteering, type Steering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {parseCidr, cidrText, networkOf, parseAddress} from '../../policy/address.js'
import type {Rule} from '../../policy/types.js'
import {ENTRY_COLUMNS, entryCells, entryRow, stateOf} from '../../report/entry-row.js'
import type {Entry} from '../../store/store.js'

/** Rows that share the widths of their columns: a million are not held to find the widest. */
const PAGE = 500

export default class List extends MailopsCommand {
  static override summary = 'what is remembered, or who is on the lists'
  static override description =
    'Lists networks and triplets with how they stand: pending (the delay is not over), ripe (the next attempt passes), ' +
    'passed, expired (to be removed soon). FIRST and LAST are how long ago. --lists shows the allow, block and opt lists of the store and of the settings file ' +
    'instead. The daemon is asked when it runs, else the store itself. --json prints an object a line.\n\n' +
    'Exit status: 0 listed, or nothing to list; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 settings.'
  static override examples = [
    '<%= config.bin %> greylist list --state pending --limit 20',
    '<%= config.bin %> greylist list --network 192.0.2.0/24 --json',
    '<%= config.bin %> greylist list --lists',
  ]
  static override flags = {
    ...placeFlags,
    lists: Flags.boolean({description: 'the entries of the lists', exclusive: ['network', 'state']}),
    network: Flags.string({helpValue: 'IP|CIDR', description: 'only of this network; an address stands for its network'}),
    state: Flags.option({options: ['pending', 'ripe', 'passed', 'expired'] as const, description: 'only those that stand so'})(),
    limit: Flags.integer({min: 1, description: 'at most so many'}),
  }

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {flags} = await this.parse(List)
    this.listen(flags)
    const steering = await openSteering(settingsFrom(flags), {warn: text => void this.warn(text)})
    try {
      if (flags.lists) await this.#lists(steering)
      else await this.#entries(steering, flags)
    } finally {
      await steering.close()
    }
  }

  async #entries(steering: Steering, {network, state, limit = Number.POSITIVE_INFINITY}: {network?: string | undefined; state?: string | undefined; limit?: number | undefined}): Promise<void> {
    const {settings} = steering
    const now = Date.now()
    const filter = {
      ...(network !== undefined && {network: networkText(network, settings)}),
      ...(state === 'passed' ? {state: 'passed' as const} : state === 'pending' || state === 'ripe' ? {state: 'pending' as const} : {}),
    }
    let shown = 0
    let page: Entry[] = []
    const flush = (): void => {
      const lines = tableLines(ENTRY_COLUMNS, page.map(entry => entryCells(entry, now, settings)), this.width)
      for (const line of shown === page.length ? lines : lines.slice(1)) this.data(line)
      page = []
    }
    for await (const chunk of steering.entries(filter)) {
      const chosen = chunk.filter(entry => state === undefined || stateOf(entry, now, settings) === state).slice(0, limit - shown)
      shown += chosen.length
      if (this.jsonEnabled()) await printRows(chosen.map(entry => entryRow(entry, now, settings)))
      else page.push(...chosen)
      if (page.length >= PAGE) flush()
      if (shown >= limit) break
    }
    if (page.length > 0) flush()
    if (shown === 0) this.say('nothing is remembered that fits')
    else if (!this.jsonEnabled()) this.say(plural(shown, 'entry', 'entries'))
  }

  async #lists(steering: Steering): Promise<void> {
    const rules = [...(await steering.rules()).map(rule => ({...rule, from: 'store'})), ...steering.settings.rules.map(rule => ({...rule, from: steering.settings.file ?? 'settings'}))]
    for (const rule of rules) this.row({...rule, ...(rule.added !== undefined && {added: new Date(rule.added).toISOString()})})
    if (rules.length === 0) this.say('the lists are empty')
    else for (const line of tableLines(RULE_COLUMNS, rules.map(ruleCells), this.width)) this.data(line)
  }
}

const RULE_COLUMNS = [{heading: 'LIST'}, {heading: 'KIND'}, {heading: 'ENTRY', shrink: true}, {heading: 'ADDED'}, {heading: 'FROM', shrink: true}, {heading: 'NOTE', shrink: true}]

const ruleCells = ({list, kind, value, added, from, note}: Rule & {from: string}): string[] =>
  [list, kind, value, added === undefined ? '' : new Date(added).toISOString().slice(0, 10), from, note ?? ''].map(terminalSafe)

const networkText = (text: string, sizes: {ipv4: number; ipv6: number}): string => {
  const address = parseAddress(text)
  if (address !== null) return networkOf(address, sizes)
  const cidr = parseCidr(text)
  return cidr === null ? text : cidrText(cidr)
}
