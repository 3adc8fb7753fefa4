// mailops smartermail migrate: an installation onto another server, every edit shown, with a way back.
import {Args, Flags} from '@oclif/core'

import {ChangeCommand, EXIT, OpsError, plural, type JsonObject} from 'mailops'
import {statePlace} from 'mailops/effects'

import {checkOutcome} from '../../effects/migrate/check-outcome.js'
import {copyHandler} from '../../effects/migrate/copy-handler.js'
import {openSource, type OpenedSource} from '../../effects/migrate/open-source.js'
import {prepareMigration, type Migration} from '../../effects/migrate/prepare.js'
import {tracesOf} from '../../effects/migrate/running.js'
import {openTarget, recentWrite, type Target} from '../../effects/migrate/target.js'
import {editJson} from '../../migrate/diff.js'
import {countsJson, doneLine, previewLines, type Shown} from '../../migrate/report.js'
import {parseWishes} from '../../migrate/wishes.js'

interface MigrateFlags {
  readonly 'dry-run': boolean
  readonly yes: boolean
  readonly force: boolean
  readonly delta: boolean
  readonly domains?: string | undefined
}

export default class Migrate extends ChangeCommand {
  static override summary = 'bring an installation to another server, edited in place, with a way back'
  static override description =
    'SOURCE is a bundle or a Service folder. Every value that changes is shown with its file, place, old and new value; the rest of each ' +
    'file stays byte for byte. Paths are mapped by Windows rules on any host: without case, both slashes alike, whole names only, ' +
    'the longest OLD wins, each map on the old value only, so that C:=D: and D:=C: change places. A value that cannot be told is refused: --set says it. ' +
    'Patched files are read again by a second parser before anything is written. The old files are kept; mailops undo brings them back.\n\n' +
    'Not protected from: a service that is started while the command runs, and what SmarterMail itself changes at its first start. ' +
    'Secrets (passwords, keys) are copied as they are and never shown.\n\n' +
    'Exit status: 0 done; 1 the answer was no; 64 usage, or something that only --set or --domains can say; 65 bad data in source or target; 66 no such ' +
    'source or target; 73 no room; 74 input/output; 75 a service runs on the target, it is locked, or something changed meanwhile (files that changed in the source while they were copied are named: all else is done, --delta brings them); 77 no permission; 130 interrupted.'
  static override examples = [
    `<%= config.bin %> smartermail migrate old.tar.gz SERVICE --dry-run \\
    --map 'C:\\SmarterMail=D:\\SmarterMail'`,
    `<%= config.bin %> smartermail migrate old.tar.gz SERVICE --yes --dns system \\
    --map 'C:\\SmarterMail=D:\\SmarterMail' --ip 192.0.2.10=198.51.100.10`,
    '<%= config.bin %> smartermail migrate old/Service new/Service --config-only --yes',
    '<%= config.bin %> smartermail migrate old/Service /etc/smartermail --delta --yes \\\n    --map "C:\\SmarterMail=/var/lib/smartermail"',
  ]
  static override args = {
    source: Args.string({description: 'bundle or Service folder of the old server', required: true, ignoreStdin: true}),
    target: Args.string({description: 'Service folder of the new one', required: true, ignoreStdin: true}),
  }
  static override flags = {
    map: Flags.string({description: 'path prefix and what replaces it (repeatable)', helpValue: 'OLD=NEW', multiple: true, multipleNonGreedy: true}),
    domains: Flags.string({description: "where the domains' data goes on this host, unless to the mapped paths", helpValue: 'DIR'}),
    dns: Flags.string({description: "the new DNS servers; system: empty the settings, so that Windows' own are used", helpValue: 'IP[,IP]|system'}),
    ip: Flags.string({description: 'address and what replaces it (repeatable)', helpValue: 'OLD=NEW', multiple: true, multipleNonGreedy: true}),
    set: Flags.string({description: 'a value by its location as inventory shows it, FILE: before it where needed (repeatable)', helpValue: 'LOCATION=VALUE', multiple: true, multipleNonGreedy: true}),
    'config-only': Flags.boolean({description: 'the configuration only, no data'}),
    files: Flags.string({description: 'of the configuration only these files', helpValue: 'NAME,...', dependsOn: ['config-only']}),
    delta: Flags.boolean({description: 'copy what changed since the last run; says how long it took'}),
    'passphrase-file': Flags.string({description: 'file with the passphrase of an encrypted bundle, - for standard input', helpValue: 'FILE'}),
    force: Flags.boolean({description: 'go on although the service runs, a lock is held, a file is broken or the eras differ'}),
  }

  async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Migrate)
    this.listen(flags)
    const began = Date.now()
    const wishes = parseWishes(flags)
    const target = openTarget(args.target)
    const progress = this.progress('reading the source')
    const opened = await openSource(args.source, {
      configOnly: flags['config-only'], files: flags.files?.split(',').map(name => name.trim()) ?? null,
      passphraseFile: flags['passphrase-file'], progress: progress.report,
    })
    progress.end()
    try {
      const place = statePlace()
      const migration = await prepareMigration(opened, target, {wishes, domains: flags.domains ?? null, delta: flags.delta, force: flags.force, place})
      await this.#lookAtServices(opened, target, flags)
      for (const warning of migration.warnings) this.warn(warning)
      return await this.#carryOut(migration, opened, {flags, began})
    } finally {
      await opened.source.close()
    }
  }

  /** A service that runs on the target would write over what is brought there. */
  async #lookAtServices({folder}: OpenedSource, target: Target, {force, 'dry-run': dryRun}: MigrateFlags): Promise<void> {
    const place = statePlace()
    const traces = await tracesOf(target.path, target.folder?.entries.map(({path}) => path) ?? [], place)
    const running = `${target.path} is in use by ${traces.join(', ')}`
    if (traces.length > 0 && !force && !dryRun)
      throw new OpsError('SERVICE_RUNS', running, {exit: 'tryAgain', hint: 'stop the SmarterMail service of the new server (net stop MailService), or give --force'})
    if (traces.length > 0) this.warn(`${running}${force ? '' : '; without --dry-run this is refused'}`)
    if (folder === null) return
    const others = await tracesOf(folder.path, folder.entries.map(({path}) => path), place)
    const recent = recentWrite(folder)
    if (others.length > 0) this.warn(`the source is in use by ${others.join(', ')}: stop it for the last run (--delta)`)
    else if (recent !== null) this.warn(`the source may be in use: ${recent}`)
  }

  async #carryOut(migration: Migration, opened: OpenedSource, {flags, began}: {flags: MigrateFlags; began: number}): Promise<JsonObject> {
    const {plan, edits, copy, destinations, written} = migration
    const paths = new Map(written.map(({file, path}) => [file, path]))
    const shown: Shown = {edits, copy, destinations, targetOf: file => paths.get(file) ?? file}
    const document: JsonObject = {
      source: opened.source.path, target: plan.resource, era: opened.source.era, version: opened.source.version,
      counts: countsJson(shown), warnings: migration.warnings, edits: edits.map(editJson),
      destinations: destinations.map(({what, to}) => ({what, to})),
    }
    const took = () => ({seconds: (Date.now() - began) / 1000, sinceLastWriteSeconds: Math.max(0, (Date.now() - opened.lastWriteMs) / 1000)})
    if (plan.changes.length === 0) {
      this.data('nothing to do: the target is as it is to be')
      return {...document, dryRun: flags['dry-run'], journalId: null, ...took()}
    }
    const moved = new Set<string>()
    const applied = await this.carryOut(plan, {
      dryRun: flags['dry-run'], yes: flags.yes, doing: 'copying files', place: statePlace(),
      handlers: [copyHandler({source: opened.source, plan: copy, moved})],
      preview: flags.yes && !flags['dry-run'] ? [] : previewLines(shown),
      verify: () => checkOutcome(migration, moved),
    })
    if (applied === null) return {...document, dryRun: true, plan: this.planJson(plan)}
    const times = took()
    this.say(doneLine(shown, {journalId: applied.journalId, took: times, delta: flags.delta, moved}))
    this.#tellMoved([...moved])
    return {...document, dryRun: false, journalId: applied.journalId, moved: [...moved], ...times}
  }

  /** A first copy while the old server runs never gets everything. */
  #tellMoved(moved: readonly string[]): void {
    if (moved.length === 0) return
    const list = moved.slice(0, 5).join(', ') + (moved.length > 5 ? ', ...' : '')
    this.warn(`${plural(moved.length, 'file')} changed or went in the source while it was copied and ${moved.length === 1 ? 'is' : 'are'} not in the target: ${list}; the same command with --delta brings them, for the last time with both services stopped`)
    process.exitCode = EXIT.tryAgain
  }
}
