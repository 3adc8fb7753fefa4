// mailops greylist explain: why was it deferred, when may it pass, what would let it pass.
import {Args, Flags} from '@oclif/core'
import {MailopsCommand, OpsError, plural} from 'mailops'

import {openSteering, type Steering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {networkOf, parseAddress} from '../../policy/address.js'
import type {SeenEnvelope} from '../../policy/envelopes.js'
import {domainOf, recipientKey, senderKey} from '../../policy/sender.js'
import type {Request} from '../../policy/types.js'
import {adviceFor, decisionFinding, entryFinding, envelopeFinding, lostFinding, type Finding} from '../../report/explain.js'
import type {Entry, Lost} from '../../store/store.js'

const MOST_LOST = 10_000

export default class Explain extends MailopsCommand {
  static override summary = 'why a client or an address was deferred, and what would let it pass'
  static override description =
    'For a client: what would be decided now and by which rule or entry, what is remembered of its network, when it may ' +
    'pass, and the commands that would let it pass. For a mail address: every triplet of which it is sender or recipient ' +
    '(the whole store is looked through), and the clients of the filter that were turned away with it lately, each explained. Nothing is changed. --json prints an object a line.\n\n' +
    'Exit status: 0 explained; 64 usage; 66 no daemon and no store; 69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 settings.'
  static override examples = [
    '<%= config.bin %> greylist explain 192.0.2.7',
    '<%= config.bin %> greylist explain 192.0.2.7 news@lists.example user@here.example',
    '<%= config.bin %> greylist explain user@here.example',
  ]
  static override args = {
    what: Args.string({required: true, ignoreStdin: true, description: 'address of a client, or a mail address'}),
    sender: Args.string({ignoreStdin: true, description: 'envelope sender, with the address of a client'}),
    recipient: Args.string({ignoreStdin: true, description: 'envelope recipient'}),
  }
  static override flags = {...placeFlags, limit: Flags.integer({min: 1, default: 20, description: 'at most so many entries'})}

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {args, flags} = await this.parse(Explain)
    this.listen(flags)
    const isClient = parseAddress(args.what) !== null
    if (!isClient && !args.what.includes('@'))
      throw new OpsError('USAGE', `'${args.what}' is neither the address of a client nor a mail address`, {exit: 'usage', hint: 'mailops greylist explain 192.0.2.7, or user@example.com'})
    const steering = await openSteering(settingsFrom(flags), {warn: text => void this.warn(text)})
    try {
      for (const finding of isClient ? await ofClient(steering, args, flags.limit) : await ofAddress(steering, args.what, flags.limit)) this.#show(finding)
    } finally {
      await steering.close()
    }
  }

  #show({kind, text, data}: Finding): void {
    this.row({kind, text, ...(data !== undefined && {data})})
    this.data(kind === 'advice' ? `  ${text}` : text)
  }
}

interface Client {
  readonly what: string
  readonly sender?: string | undefined
  readonly recipient?: string | undefined
}

const requestOf = ({what, sender, recipient}: Client): Request => {
  const plain = sender?.replace(/^<(.*)>$/, '$1')
  return {
    client: what,
    stage: plain === undefined ? 'connect' : plain === '' ? 'data' : 'rcpt',
    ...(plain !== undefined && {sender: plain}),
    ...(recipient !== undefined && {recipient}),
  }
}

const found = async (steering: Steering, fits: (entry: Entry) => boolean, {network, limit}: {network?: string; limit: number}): Promise<{entries: Entry[]; more: number}> => {
  const entries: Entry[] = []
  let more = 0
  for await (const chunk of steering.entries(network === undefined ? {} : {network}))
    for (const entry of chunk)
      if (!fits(entry)) continue
      else if (entries.length < limit) entries.push(entry)
      else more++
  return {entries, more}
}

const andMore = (more: number): Finding[] => (more === 0 ? [] : [{kind: 'advice', text: `and ${plural(more, 'entry', 'entries')} more: --limit, or mailops greylist list`}])

const newestLost = async (steering: Steering, fits: (lost: Lost) => boolean, limit: number): Promise<Lost[]> =>
  (await steering.lost(MOST_LOST)).filter(fits).slice(0, limit)

const ofClient = async (steering: Steering, client: Client, limit: number): Promise<Finding[]> => {
  const {settings} = steering
  const now = Date.now()
  const {decision} = await steering.look(requestOf(client))
  const address = parseAddress(client.what)
  const network = address === null ? '' : networkOf(address, settings)
  const {entries, more} = await found(steering, () => true, {network, limit})
  const lost = await newestLost(steering, one => one.network === network, limit)
  const domain = client.sender === undefined ? '' : domainOf(client.sender)
  const [spf] = domain === '' || steering.isAway ? [null] : await steering.get([{network: `spf:${domain}`, sender: '', recipient: ''}])
  return [
    decisionFinding(client.what, decision),
    ...[...entries, ...(spf ? [spf] : [])].map(entry => entryFinding(entry, now, settings)),
    ...lost.map(one => lostFinding(one, now)),
    ...(await steering.envelopes({network}, limit)).map(one => envelopeFinding(one, now)),
    ...andMore(more),
    ...(entries.length + lost.length === 0 ? [{kind: 'advice', text: `nothing is remembered of ${network}`} as const] : []),
    ...adviceFor(client.what, decision, settings),
  ]
}

const ofAddress = async (steering: Steering, address: string, limit: number): Promise<Finding[]> => {
  const now = Date.now()
  const keys = {sender: senderKey(address), recipient: recipientKey(address)}
  const fits = ({sender, recipient}: Lost): boolean => sender === keys.sender || recipient === keys.recipient
  const {entries, more} = await found(steering, fits, {limit})
  const lost = await newestLost(steering, fits, limit)
  const said = await steering.envelopes({address}, limit)
  const none = entries.length + lost.length + said.length === 0
  return [
    ...entries.map(entry => entryFinding(entry, now, steering.settings)),
    ...lost.map(one => lostFinding(one, now)),
    ...andMore(more),
    ...(await ofClients(steering, said, limit)),
    ...(none ? [{kind: 'advice', text: `no triplet of ${address} waits; once one has passed, only its network is remembered: explain the client's address`} as const] : []),
  ]
}

/** Each network that was deferred with an address: the newest of its clients, explained. */
const ofClients = async (steering: Steering, said: readonly SeenEnvelope[], limit: number): Promise<Finding[]> => {
  const newest = new Map<string, SeenEnvelope>()
  for (const one of said) if (!newest.has(one.network)) newest.set(one.network, one)
  const findings: Finding[] = []
  for (const {client} of newest.values()) findings.push(...(await ofClient(steering, {what: client}, limit)))
  return findings
}
