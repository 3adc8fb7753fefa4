// mailops greylist check: what would be decided now, without writing anything.
import {Args, Flags} from '@oclif/core'
import {MailopsCommand, OpsError, terminalSafe, type JsonObject} from 'mailops'

import {openSteering} from '../../effects/steering/open.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {parseAddress} from '../../policy/address.js'
import type {Request} from '../../policy/types.js'
import {decisionText} from '../../report/decision-text.js'

export default class Check extends MailopsCommand {
  static override summary = 'would this client be deferred now'
  static override description =
    'Decides as the daemon would for a client, with sender and recipient as Postfix and Exim ask, without them as the ' +
    "filter does; nothing is stored or counted. Without an address it reads the settings and says whether they are right. <> is the null sender.\n\n" +
    'Exit status: 0 it would pass, or the settings are right; 1 it would be deferred or refused; 64 usage; 66 no daemon and no store; ' +
    '69 SQLite is missing; 75 the daemon hangs; 77 no permission; 78 the settings are wrong.'
  static override examples = [
    '<%= config.bin %> greylist check 192.0.2.7',
    '<%= config.bin %> greylist check 2001:db8::7 news@lists.example user@here.example',
    '<%= config.bin %> greylist check --config ./greylist.json',
  ]
  static override args = {
    ip: Args.string({ignoreStdin: true, description: 'address of the client'}),
    sender: Args.string({ignoreStdin: true, description: 'envelope sender'}),
    recipient: Args.string({ignoreStdin: true, description: 'envelope recipient'}),
  }
  static override flags = {
    ...placeFlags,
    name: Flags.string({helpValue: 'HOST', description: 'verified name of the client'}),
    helo: Flags.string({helpValue: 'HOST', description: 'what it says in HELO'}),
    listener: Flags.string({helpValue: 'NAME', description: 'as asked on this listener, for times of its own'}),
  }

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Check)
    this.listen(flags)
    const settings = settingsFrom(flags)
    if (args.ip === undefined) {
      this.data(`the settings are right${settings.file === undefined ? ' (the defaults: there is no settings file)' : `: ${settings.file}`}`)
      return {settings: withoutSecret(settings) as unknown as JsonObject}
    }
    const request = requestOf({...args, ip: args.ip}, flags)
    const steering = await openSteering(settings, {warn: text => void this.warn(text)})
    try {
      const {decision, known} = await steering.look(request)
      this.data(`${terminalSafe(request.client)} ${decisionText(decision)}`)
      if (decision.action !== 'pass') process.exitCode = 1
      return {request: request as unknown as JsonObject, known, decision: decision as unknown as JsonObject}
    } finally {
      await steering.close()
    }
  }
}

const withoutSecret = <T extends {store?: string}>(settings: T): T =>
  settings.store === undefined ? settings : {...settings, store: settings.store.replace(/:\/\/[^/]*@/, '://***@')}

const requestOf = (
  {ip, sender, recipient}: {ip: string; sender?: string | undefined; recipient?: string | undefined},
  {name, helo, listener}: {name?: string | undefined; helo?: string | undefined; listener?: string | undefined},
): Request => {
  if (parseAddress(ip) === null) throw new OpsError('USAGE', `'${ip}' is no address`, {exit: 'usage', hint: 'mailops greylist check 192.0.2.7 [SENDER RECIPIENT]'})
  const plain = sender?.replace(/^<(.*)>$/, '$1')
  return {
    client: ip,
    stage: plain === undefined ? 'connect' : plain === '' ? 'data' : 'rcpt',
    ...(name !== undefined && {clientName: name}),
    ...(helo !== undefined && {helo}),
    ...(plain !== undefined && {sender: plain}),
    ...(recipient !== undefined && {recipient: recipient.replace(/^<(.*)>$/, '$1')}),
    ...(listener !== undefined && {listener}),
  }
}
