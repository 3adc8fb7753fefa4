// mailops greylist import: takes over what another greylisting program has learnt.
import {randomUUID} from 'node:crypto'
import {dirname} from 'node:path'
import {isDeepStrictEqual} from 'node:util'

import {Args, Flags} from '@oclif/core'
import {ChangeCommand, EXIT, OpsError, plural, type Change, type JsonObject, type Plan} from 'mailops'

import {entriesChange, entriesHandler, PIECE} from '../../effects/changes/entries.js'
import {storeAt} from '../../effects/changes/place.js'
import type {EntryChange} from '../../effects/changes/record.js'
import {rulesChange, rulesHandler} from '../../effects/changes/rules.js'
import {gather, isWrongForm, type Gathered} from '../../effects/exchange/gather.js'
import {FORMER_DELAY, readSource, SOURCES, type Source} from '../../effects/exchange/read.js'
import {openSteering, refuseAway, type Steering} from '../../effects/steering/open.js'

import {merged} from '../../exchange/imported.js'
import type {WhitelistOf} from '../../exchange/whitelist.js'
import {placeFlags, settingsFrom} from '../../greylist-flags.js'
import {ruleKey} from '../../policy/rule.js'
import type {Settings} from '../../policy/types.js'
import type {Entry} from '../../store/store.js'
import {parseDuration} from '../../settings/duration.js'

export default class Import extends ChangeCommand {
  static override summary = 'take over what another greylisting program has learnt'
  static override description =
    'Reads the state of a former program, so that who passed there passes here: the directory of qgreylist (with its ' +
    'whitelist) or jgreylist, db_dump -p of postgrey.db or postgrey_clients.db (stop postgrey first: it keeps them in memory), sqlgrey.db, the directory of greylistd, CSV ' +
    'with named columns, or the JSON lines of export. With --whitelist PATH is a whitelist of postgrey, sqlgrey or greylistd ' +
    '(the host list of the ACL): clients come onto the allow list, recipients onto the opt-out list, regular expressions as patterns with *. What has expired is left out; what is here already is kept, and takes ' +
    'the better of both. A qgreylist directory must be the live one or copied by cp -p: its access times are what it knows. ' +
    'It is journalled; undo takes out what was not used since. While a shared store is away it is refused; one that goes away in the middle ends it in part.\n\n' +
    'Exit status: 0 done, or nothing to take over; 64 usage; 65 not such a state; 66 not there; 69 SQLite is missing; 75 busy; 77 no permission; 78 settings; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> greylist import --from qgreylist /var/qmail/greylist --dry-run',
    '<%= config.bin %> greylist import --from postgrey --whitelist clients FILE --yes',
    'db5.3_dump -p postgrey.db > out; <%= config.bin %> greylist import --from postgrey out',
    '<%= config.bin %> greylist import --from json backup.jsonl --yes',
  ]
  static override args = {path: Args.string({required: true, ignoreStdin: true, description: 'file or directory'})}
  static override flags = {
    ...placeFlags,
    from: Flags.option({options: SOURCES, required: true, description: 'the program that wrote it'})(),
    whitelist: Flags.option({options: ['clients', 'recipients'] as const, description: 'PATH is a whitelist, and whom it names'})(),
    'former-delay': Flags.string({helpValue: 'SPAN', description: 'the delay of that program, if it was not its default'}),
  }

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Import)
    this.listen(flags)
    const settings = settingsFrom(flags)
    const formerDelay = flags['former-delay'] === undefined ? FORMER_DELAY[flags.from] : parseDuration(flags['former-delay'], '--former-delay')
    const gathered = await this.#read({from: flags.from, path: args.path, whitelist: flags.whitelist}, {...settings, now: Date.now(), formerDelay})
    const {rules, at} = await present(settings, flags['dry-run'], text => void this.warn(text))
    const add = gathered.rules.filter(rule => !rules.has(ruleKey(rule)))
    const {entries} = gathered
    const {passed} = entries
    const skipped = Object.fromEntries(gathered.skipped)
    for (const [why, count] of gathered.skipped) this.say(`left out: ${plural(count, 'record')}: ${why}`)
    const document = {from: flags.from, path: args.path, entries: entries.length, passed, listEntries: add.length, skipped}
    if (entries.length + add.length === 0) {
      this.say('there is nothing to take over')
      return {...document, journalId: null}
    }
    const summary = `take over ${plural(entries.length, 'entry', 'entries')} (${passed} passed) from ${flags.from}`
    const changes: Change[] = [
      ...(entries.length > 0 ? [entriesChange({at, token: randomUUID(), summary})] : []),
      ...(add.length > 0 ? [rulesChange({at, add, remove: []})] : []),
    ]
    const plan: Plan = {subject: 'greylist import', resource: dirname(at.db), changes}
    const handlers = [entriesHandler({pieces: steering => pieces(gathered, steering), total: entries.length}), rulesHandler()]
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes: flags.yes, handlers, doing: 'importing'})
    if (applied === null) return {...document, dryRun: true, plan: this.planJson(plan)}
    const complete = applied.bulk.every(one => one.complete)
    if (!complete) process.exitCode = EXIT.tryAgain
    const done = entries.length === 0 ? 0 : Number(applied.bulk[0]?.result['entries'])
    this.say(`${plural(done, 'entry', 'entries')} and ${plural(add.length, 'list entry', 'list entries')} taken over${complete ? '' : ', the rest is not: run it again'}; journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    return {...document, complete, journalId: applied.journalId}
  }

  async #read({from, path, whitelist}: {from: Source; path: string; whitelist: WhitelistOf | undefined}, target: Settings & {now: number; formerDelay: number}): Promise<Gathered> {
    const progress = this.progress('reading')
    try {
      const gathered = await gather(readSource(from, path, {target, warn: text => void this.warn(text), whitelist}), read => progress.report(read, read))
      if (!isWrongForm(gathered)) return gathered
      const reasons = [...gathered.skipped].map(([why, count]) => `${count} times ${why}`).join(', ')
      throw new OpsError('WRONG_FORM', `${path} is not of the form of ${from}: ${reasons}`, {exit: 'badData', hint: 'mailops greylist import --help'})
    } finally {
      progress.end()
    }
  }
}

const present = async (settings: Settings, dryRun: boolean, warn: (text: string) => void) => {
  try {
    const steering = await openSteering(settings, {warn, mayCreate: !dryRun})
    try {
      refuseAway(steering)
      return {rules: new Set((await steering.rules()).map(ruleKey)), at: {...storeAt(settings), db: steering.settings.db}}
    } finally {
      await steering.close()
    }
  } catch (error) {
    // A dry run makes no store.
    if (dryRun && (error as OpsError).code === 'NO_STORE') return {rules: new Set<string>(), at: storeAt(settings)}
    throw error
  }
}

const pieces = async function* ({entries}: Gathered, steering: Steering): AsyncGenerator<EntryChange[]> {
  let piece: Entry[] = []
  for (const entry of entries) {
    piece.push(entry)
    if (piece.length < PIECE) continue
    yield changesOf(piece, steering)
    piece = []
  }
  if (piece.length > 0) yield changesOf(piece, steering)
}

const changesOf = async (piece: readonly Entry[], steering: Steering): Promise<EntryChange[]> => {
  const now = await steering.get(piece.map(({network, sender, recipient}) => ({network, sender, recipient})))
  return piece
    .map((entry, n) => ({before: now[n] ?? null, after: now[n] ? merged(now[n], entry) : entry}))
    .filter(({before, after}) => !isDeepStrictEqual(before, after))
}
