// mailops qmail purge: takes all or selected messages out of the queue, into a trash that undo brings them back from.
import {Flags} from '@oclif/core'

import {ChangeCommand, EXIT, OpsError, type JsonObject} from 'mailops'
import {statePlace, tryLock, type Lock} from 'mailops/effects'

import {requireAbsent} from '../../effects/export/mbox.js'
import {inUse, mutexOf, sendRunning} from '../../effects/purge-offline/queue-lock.js'
import {planPurge, type PurgeRequest} from '../../effects/purging/request.js'
import {formatNumber} from '../../queue/number.js'
import {selectMessages, type OpenQueue, type Selected} from '../../effects/reading/index.js'
import {unreadableReport} from '../../listing/unreadable.js'
import {stateRow} from '../../message/state-table.js'
import {chooseMethod, METHODS, type Chosen} from '../../purge/method.js'
import {SHARED, Skips} from '../../purge/outcome.js'
import {previewJson, previewLines} from '../../purge/preview.js'
import {closingLines, purgeDocument, type PurgeDocument} from '../../purge/report.js'
import {isEmptySelection} from '../../selection/selection.js'
import {queueFlags, queueFrom, selectionFlags, selectionFrom, type GivenSelection} from '../../selection-flags.js'

interface Flagged {
  readonly all: boolean
  readonly trash: boolean
  readonly method: (typeof METHODS)[number]
  readonly stop: boolean
  readonly 'stop-timeout': number
  readonly 'stop-command'?: string | undefined
  readonly 'start-command'?: string | undefined
  readonly export?: string | undefined
  readonly 'whole-message': boolean
  readonly 'only-recipient': boolean
  readonly return: boolean
  readonly flush: boolean
  readonly 'dry-run': boolean
  readonly yes: boolean
}

/** What was found out before anything is asked or changed. */
interface Prepared {
  readonly queue: OpenQueue
  readonly given: GivenSelection
  readonly chosen: Chosen
  readonly selected: Selected
  readonly flags: Flagged
  readonly held: Lock | undefined
}

export default class Purge extends ChangeCommand {
  static override summary = 'take messages out of a qmail queue, so that they can be brought back'
  static override description =
    'Moves messages into a trash inside the queue, from where `mailops undo` and `mailops qmail restore` bring them back ' +
    'with their numbers and ages. While qmail-send runs their recipients are marked as done, and qmail-send itself ends ' +
    'the messages (live); otherwise, or with --stop, they are moved while it is down (offline, or swap for --all). ' +
    'Messages being injected are never touched, nor is anything that came after the messages were chosen.\n\n' +
    'It does not protect from: deliveries under way, which finish; and with --no-trash from anything, since nothing is kept.\n\n' +
    'Exit status: 0 done, or nothing matched; 64 usage; 65 not a sound queue; 66 no queue; 73 no room for the trash, or ' +
    'the export file is there; 75 qmail-send runs and may not be stopped, the queue is busy, or some messages were ' +
    'skipped (the rest is done); 77 no permission; 130 interrupted: what was purged so far can be undone.'
  static override examples = [
    '<%= config.bin %> qmail purge --all --dry-run',
    '<%= config.bin %> qmail purge --sender @spam.example --yes',
    '<%= config.bin %> qmail purge --bounces --older-than 2d --export bounces.mbox',
    '<%= config.bin %> qmail purge --all --stop --no-trash --yes',
  ]
  static override flags = {
    ...queueFlags,
    ...selectionFlags,
    all: Flags.boolean({description: 'every message of the queue'}),
    trash: Flags.boolean({description: 'keep what is purged in a trash in the queue', default: true, allowNo: true}),
    method: Flags.option({options: METHODS, description: 'how; auto takes the gentlest that is safe and says which', default: 'auto' as const})(),
    stop: Flags.boolean({description: 'qmail-send may be stopped meanwhile'}),
    'stop-timeout': Flags.integer({description: 'seconds it may take to stop', default: 60, min: 1}),
    'stop-command': Flags.string({description: 'shell command that stops qmail-send', helpValue: 'CMD', dependsOn: ['stop', 'start-command']}),
    'start-command': Flags.string({description: 'shell command that starts it', helpValue: 'CMD', dependsOn: ['stop']}),
    export: Flags.string({description: 'first write what is purged into a new mbox file', helpValue: 'FILE.mbox'}),
    'whole-message': Flags.boolean({description: 'take messages from their other pending recipients too', exclusive: ['only-recipient']}),
    'only-recipient': Flags.boolean({description: 'take the matching recipients off, leave the message to the others'}),
    return: Flags.boolean({
      description: 'bounce them to their senders instead: one last attempt, then they are returned',
      exclusive: ['only-recipient'],
    }),
    flush: Flags.boolean({description: 'live: send ALRM, so that they leave now; everything else is tried too. Implied by --all'}),
  }

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(Purge)
    this.listen(flags)
    const given = await selectionFrom(flags)
    this.#checkSelection(given, flags)
    if (flags.export !== undefined) requireAbsent(flags.export)
    const queue = queueFrom(flags, text => void this.warn(text))
    requireSound(queue)
    const {chosen, held} = await this.#method(queue, flags)
    try {
      const selected = await this.#select(queue, given, flags)
      const document = await this.#carryOut({queue, given, chosen, selected, flags, held})
      this.#complain(selected)
      return document
    } finally {
      await held?.release()
    }
  }

  #checkSelection({selection, compiled}: GivenSelection, flags: Flagged): void {
    const isEmpty = isEmptySelection(selection)
    if (isEmpty && !flags.all) throw usage('nothing was selected', 'say --all for every message, or select: --sender, --older-than ...')
    if (!isEmpty && flags.all) throw usage('--all is every message and does not go with a selection', 'leave one of them away')
    if (flags.return && (flags.method === 'swap' || !flags.trash))
      throw usage('--return takes nothing out of the queue: it goes neither with --method swap nor with --no-trash', 'leave them away')
    if (flags['only-recipient'] && !compiled.byRecipient)
      throw usage('--only-recipient needs to know which', 'add --recipient, --local or --remote')
  }

  /**
   * Chooses the method. Where qmail-send does not run and nobody is asked, it is kept from starting before the messages
   * are chosen, which then need not be looked at a second time; while a person thinks it must not be.
   */
  async #method(queue: OpenQueue, flags: Flagged): Promise<{chosen: Chosen; held: Lock | undefined}> {
    const place = statePlace()
    const free = await tryLock(mutexOf(queue.path), {runDir: place.run})
    const running = free === null
    let held: Lock | undefined
    try {
      const only = flags['only-recipient'] || flags.return
      const chosen = chooseMethod({asked: flags.method, running, stop: flags.stop, all: flags.all, only})
      if (running && !flags.stop && chosen.method !== 'live')
        throw inUse(queue.path, await sendRunning(queue.path, place), 'add --stop, or purge while it runs: --method live')
      if (free !== null && chosen.method === 'offline' && flags.yes && !flags['dry-run'] && !only) held = free
      return {chosen, held}
    } finally {
      if (held === undefined) await free?.release()
    }
  }

  /** Chooses the messages; the preview is collected only where somebody will see it. */
  async #select(queue: OpenQueue, {compiled}: GivenSelection, flags: Flagged): Promise<Selected> {
    const progress = this.progress('choosing messages')
    try {
      return await selectMessages(queue, compiled, {
        eligible: presence => stateRow(presence).purge.length > 0,
        preview: flags['dry-run'] || !flags.yes,
        progress: progress.report,
      })
    } finally {
      progress.end()
    }
  }

  async #carryOut(prepared: Prepared): Promise<JsonObject> {
    const {queue, chosen, selected, flags} = prepared
    const {snapshot, bytes, shared, preview} = selected
    const stays = !flags['whole-message'] && !flags['only-recipient']
    const takes = (index: number): boolean => !stays || snapshot.otherPendingAt(index) === 0
    const left = leftOut(selected, takes)
    const messages = snapshot.length - left.count
    const facts = {queue: queue.path, method: chosen.method, selected: snapshot.length, bytes: bytes - left.bytes, journalId: null}
    const sharedFate = stays ? 'stay' : flags['whole-message'] ? 'go' : 'keep the others'
    const lines = previewLines({messages: snapshot.length, bytes, shared, sharedFate}, preview, {now: Date.now() / 1000, width: this.width})
    const dryRun = flags['dry-run']
    if (messages === 0) {
      for (const line of snapshot.length === 0 ? [`no message of ${queue.path} matches`] : lines)
        if (dryRun) this.data(line)
        else this.say(line)
      if (left.skips.failed) process.exitCode = EXIT.tryAgain
      return {...purgeDocument(facts, left.skips), ...(dryRun && {dryRun})}
    }
    const request = requestOf(prepared, {takes, messages, bytes: facts.bytes})
    const {plan, handler} = await planPurge(request)
    const doing = chosen.method === 'live' ? 'marking messages' : 'purging messages'
    const applied = await this.carryOut(plan, {dryRun, yes: flags.yes, handlers: [handler], preview: ['', ...lines], doing})
    if (applied === null) return {...purgeDocument(facts, left.skips), dryRun, plan: this.planJson(plan), ...previewJson(preview)}
    const {result} = applied.bulk[0]!
    left.skips.merge(result)
    const interrupted = result['interrupted'] === true
    const document: PurgeDocument = purgeDocument({...facts, journalId: applied.journalId}, left.skips, result)
    for (const line of closingLines(document, request, {skips: left.skips, interrupted})) this.say(line)
    if (left.skips.failed || result['failed'] === true) process.exitCode = EXIT.tryAgain
    if (interrupted) process.exitCode = EXIT.interrupted
    return document
  }

  #complain({unreadable}: Selected): void {
    const {warnings, exit} = unreadableReport(unreadable)
    for (const warning of warnings) this.warn(warning)
    if (exit !== undefined) process.exitCode = exit
  }
}

const usage = (message: string, hint: string): OpsError => new OpsError('USAGE', message, {exit: 'usage', hint})

/** Where qmail and we might look at different places nothing is moved. */
const requireSound = (queue: OpenQueue): void => {
  const fault = queue.problems.find(({severity}) => severity === 'error')
  if (fault !== undefined)
    throw new OpsError('QUEUE_DAMAGED', `${queue.path}: ${fault.message}`, {exit: 'badData', hint: 'mailops qmail check'})
}

/** Chosen messages that stay for the sake of their other recipients. */
const leftOut = ({snapshot}: Selected, takes: (index: number) => boolean): {skips: Skips; count: number; bytes: number} => {
  const skips = new Skips()
  let bytes = 0
  for (let i = 0; i < snapshot.length; i++) {
    if (takes(i)) continue
    skips.add(formatNumber(snapshot.numberAt(i)), SHARED)
    bytes += snapshot.sizeAt(i)
  }
  return {skips, count: skips.count, bytes}
}

const requestOf = (
  {queue, given, chosen, selected, flags, held}: Prepared,
  what: Pick<PurgeRequest, 'takes' | 'messages' | 'bytes'>,
): PurgeRequest => ({
  ...chosen,
  ...what,
  queue,
  held,
  snapshot: selected.snapshot,
  selection: given.compiled,
  keep: flags.trash,
  all: flags.all,
  only: flags['only-recipient'],
  giveUp: flags.return,
  flush: flags.flush || flags.all,
  stop: {
    stop: flags.stop,
    timeoutMs: flags['stop-timeout'] * 1000,
    stopCommand: flags['stop-command'],
    startCommand: flags['start-command'],
  },
  exportFile: flags.export,
})
