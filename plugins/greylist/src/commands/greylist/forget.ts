// mailops greylist forget: takes entries out of the store, as if they had never been seen.
import {randomUUID} from 'node:crypto'
import {dirname} from 'node:path'

import {Args, Flags} from '@oclif/core'
import {ChangeCommand, EXIT, OpsError, plural, type JsonObject, type Plan} from 'mailops'

import {entriesChange, entriesHandler, PIECE} from '../../effects/changes/entries.js'
import {storeAt} from '../../effects/changes/place.js'
import {openSteering, refuseAway, type Steering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {cidrText, networkOf, parseAddress, parseCidr} from '../../policy/address.js'
import {cidrMap} from '../../policy/cidr-map.js'
import {recipientKey, senderKey} from '../../policy/sender.js'
import type {Entry} from '../../store/store.js'

type Fits = (entry: Entry) => boolean

export default class Forget extends ChangeCommand {
  static override summary = 'take networks or triplets out of the store'
  static override description =
    'Removes what is remembered of a network (an address stands for its network), of every network in a larger range, or of ' +
    'every triplet with a mail address as sender or recipient; --all removes everything. Lists are not touched: see allow ' +
    'and block. It is journalled; undo puts back what has not been seen anew since.\n\n' +
    'Exit status: 0 done, or nothing fitted; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 busy; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> greylist forget 192.0.2.7 --yes',
    '<%= config.bin %> greylist forget 198.51.0.0/16 --state pending --dry-run',
    '<%= config.bin %> greylist forget user@here.example --yes',
  ]
  static override args = {what: Args.string({ignoreStdin: true, description: 'address or range of clients, spf:DOMAIN, or a mail address'})}
  static override flags = {
    ...placeFlags,
    state: Flags.option({options: ['pending', 'passed'] as const, description: 'only those that stand so'})(),
    all: Flags.boolean({description: 'everything'}),
  }

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Forget)
    this.listen(flags)
    if ((args.what === undefined) !== (flags.all ?? false)) throw new OpsError('USAGE', 'name what to forget, or say --all', {exit: 'usage', hint: 'mailops greylist forget 192.0.2.7'})
    const settings = settingsFrom(flags)
    const steering = await openSteering(settings, {warn: text => void this.warn(text)})
    let count = 0
    let at = storeAt(settings)
    const fits = args.what === undefined ? () => true : fitting(args.what, settings)
    try {
      refuseAway(steering)
      at = {...at, db: steering.settings.db}
      for await (const entries of chosen(steering, fits, flags.state)) count += entries.length
    } finally {
      await steering.close()
    }
    if (count === 0) {
      this.say('nothing is remembered that fits')
      return {entries: 0, journalId: null}
    }
    const summary = `forget ${plural(count, 'entry', 'entries')} of ${args.what ?? 'the whole store'}`
    const plan: Plan = {subject: 'greylist forget', resource: dirname(at.db), changes: [entriesChange({at, token: randomUUID(), summary})]}
    const pieces = async function* (one: Steering) {
      for await (const entries of chosen(one, fits, flags.state)) yield entries.map(before => ({before, after: null}))
    }
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes: flags.yes, handlers: [entriesHandler({pieces, total: count})], doing: 'forgetting'})
    if (applied === null) return {entries: count, dryRun: true, plan: this.planJson(plan)}
    const {result, complete} = applied.bulk[0]!
    if (!complete) process.exitCode = EXIT.tryAgain
    this.say(`${plural(Number(result['entries']), 'entry', 'entries')} forgotten${complete ? '' : ' until then; run it again for the rest'}; journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    return {...result, complete, journalId: applied.journalId}
  }
}

const fitting = (what: string, sizes: {ipv4: number; ipv6: number}): Fits => {
  const address = parseAddress(what)
  if (address !== null) {
    const network = networkOf(address, sizes)
    return entry => entry.network === network
  }
  const cidr = parseCidr(what)
  if (cidr !== null) {
    const map = cidrMap([{cidr, value: cidrText(cidr)}])
    return ({network}) => {
      const own = parseCidr(network)
      return own !== null && own.prefix >= cidr.prefix && map.find(own.address) !== null
    }
  }
  if (what.startsWith('spf:')) return entry => entry.network === what.toLowerCase()
  if (what.includes('@')) return ({sender, recipient}) => sender === senderKey(what) || recipient === recipientKey(what)
  throw new OpsError('USAGE', `'${what}' is neither an address or range of clients nor a mail address`, {exit: 'usage', hint: 'mailops greylist list shows what is remembered'})
}

const chosen = async function* (steering: Steering, fits: Fits, state: 'pending' | 'passed' | undefined): AsyncGenerator<Entry[]> {
  let piece: Entry[] = []
  for await (const chunk of steering.entries(state === undefined ? {} : {state})) {
    piece.push(...chunk.filter(fits))
    if (piece.length < PIECE) continue
    yield piece
    piece = []
  }
  if (piece.length > 0) yield piece
}
