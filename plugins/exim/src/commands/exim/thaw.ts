// mailops exim thaw: lets messages go on that were frozen because the best MX of a domain was this machine.
import {resolve} from 'node:path'

import {Flags} from '@oclif/core'

import {ChangeCommand, OpsError, plural, terminalSafe, type JsonObject} from 'mailops'

import {parseDomain} from '../../domain/name.js'
import {askRoute, eximAt, eximFacts, type EximProgram} from '../../effects/domain/exim-program.js'
import {thawHandler} from '../../effects/frozen/handler.js'
import {frozenByFault, frozenMessages} from '../../effects/frozen/queue.js'
import {thawPlan} from '../../frozen/thaw-change.js'
import type {QueuedMessage} from '../../frozen/queue-list.js'

const SHOWN = 20

export default class Thaw extends ChangeCommand {
  static override summary = 'let messages go on that were frozen because a domain pointed here'
  static override description =
    'Takes the frozen messages that wait for somebody at the domain and whose own log says that they were frozen because ' +
    '"lowest numbered MX record points to local host" (or "remote host address is the local host"), thaws them and has ' +
    "them delivered, with Exim's own -Mt and -M. Messages that are frozen for another reason stay. As long as Exim would " +
    'freeze them again it refuses: mailops exim set-domain first. With --no-deliver they are only thawed, which can be ' +
    'undone; the next queue run takes them.\n\n' +
    'Exit status: 0 done, or there is none; 1 some are frozen again; 64 usage; 69 no Exim, or it does not show its queue; 75 busy; 77 no ' +
    'permission; 78 the domain still points here; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> exim thaw --caused-by example.com --dry-run',
    '<%= config.bin %> exim thaw --caused-by example.com --yes',
  ]
  static override flags = {
    'caused-by': Flags.string({description: 'the domain whose MX pointed here', required: true, helpValue: 'DOMAIN'}),
    'no-deliver': Flags.boolean({description: 'only thaw; the next queue run delivers'}),
    'any-cause': Flags.boolean({description: 'also those for the domain that are frozen for another reason'}),
    'force': Flags.boolean({description: 'do it although the domain still points here'}),
    'exim': Flags.string({description: 'Exim to use', helpValue: 'PATH'}),
    'exim-config': Flags.string({description: 'its configuration file', helpValue: 'FILE'}),
  }

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Thaw)
    this.listen(flags)
    const domain = parseDomain(flags['caused-by'])
    const exim = eximAt({
      root: '/',
      named: flags.exim,
      config: flags['exim-config'] === undefined ? undefined : resolve(flags['exim-config']),
    })
    if (exim === null)
      throw new OpsError('NO_EXIM', 'no Exim is on this machine', {exit: 'unavailable', hint: 'name it with --exim'})
    const {proved, others} = await this.#find(exim, domain)
    const messages = flags['any-cause'] ? [...proved, ...others] : proved
    const document = {domain, messages: messages.map(({id}) => id), otherCauses: others.length}
    if (others.length > 0 && !flags['any-cause'])
      this.say(
        `${plural(others.length, 'message')} for ${domain} frozen for another reason: left (--any-cause takes them too)`,
      )
    if (messages.length === 0) {
      this.say(`no message is frozen because of ${domain}`)
      return {...document, thawed: 0, dryRun: flags['dry-run']}
    }
    await this.#refuseFaulty(exim, domain, flags.force)
    const {options} = await eximFacts(exim)
    const plan = thawPlan(
      {argv: [...exim.argv], ids: document.messages, deliver: !flags['no-deliver']},
      options.get('spool_directory') ?? '/',
    )
    const applied = await this.carryOut(plan, {
      dryRun: flags['dry-run'],
      yes: flags.yes,
      preview: preview(messages),
      handlers: [thawHandler()],
      doing: 'thawing',
    })
    if (applied === null) return {...document, thawed: 0, dryRun: true, plan: this.planJson(plan)}
    const {stillFrozen, interrupted, thawed} = applied.bulk[0]!.result as {
      stillFrozen: readonly string[]
      interrupted: boolean
      thawed: number
    }
    if (interrupted) process.exitCode = 130
    else if (stillFrozen.length > 0) process.exitCode = 1
    if (stillFrozen.length > 0)
      this.warn(`${plural(stillFrozen.length, 'message')} frozen again or still: ${stillFrozen.slice(0, 3).join(' ')}`)
    this.say(
      `${interrupted ? 'interrupted; ' : ''}thawed ${plural(thawed, 'message')} for ${domain}; journal ${applied.journalId}`,
    )
    return {...document, ...applied.bulk[0]!.result, journalId: applied.journalId}
  }

  async #find(exim: EximProgram, domain: string): Promise<{proved: QueuedMessage[]; others: QueuedMessage[]}> {
    const progress = this.progress('reading message logs')
    try {
      return await frozenByFault(exim, {messages: await frozenMessages(exim), domain, progress: progress.report})
    } finally {
      progress.end()
    }
  }

  async #refuseFaulty(exim: EximProgram, domain: string, force: boolean): Promise<void> {
    const {outcome, text} = await askRoute(exim, domain)
    if (outcome !== 'self') return
    if (force) this.warn(`${domain} still points here: ${text}`)
    else
      throw new OpsError('STILL_FAULTY', `they would be frozen again: ${text}`, {
        exit: 'configuration',
        hint: `mailops exim check-domain ${domain}`,
      })
  }
}

const preview = (messages: readonly QueuedMessage[]): string[] => [
  ...messages
    .slice(0, SHOWN)
    .map(
      ({id, age, sender, recipients}) =>
        `  ${id}  ${age.padStart(4)}  <${terminalSafe(sender)}> -> ${terminalSafe(recipients.join(' '))}`,
    ),
  ...(messages.length > SHOWN ? [`  and ${messages.length - SHOWN} more`] : []),
]
