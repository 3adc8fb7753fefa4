// mailops smartermail verify: is what was moved what was bundled?
import {Args, Flags} from '@oclif/core'

import {MailopsCommand, bytesText, countText, plural, type JsonObject} from 'mailops'

import {readPassphrase} from '../../effects/passphrase.js'
import {openAgainst} from '../../effects/verification/open-against.js'
import {verifyTarget, type Against, type Verified} from '../../effects/verification/verify-target.js'
import {takeInventory} from '../../effects/inventory/take-inventory.js'
import type {Inventory} from '../../inventory/inventory.js'
import {CODES} from '../../verification/finding.js'
import {countLines, findingLines} from '../../verification/report.js'

const SHOWN = 10
const DOMAINS_SHOWN = 30
const MEGABYTE = 1 << 20

export default class Verify extends MailopsCommand {
  static override summary = 'is an installation, once moved, what was bundled'
  static override description =
    'Holds the target against a bundle or its manifest: every file of the domains\' data, spool and logs by SHA-256, where ' +
    'the target\'s own configuration has them; every configuration file by value: it may differ in paths, addresses, URLs ' +
    'and ports, and in nothing else, to the last byte when the bundle itself is given; and the directory of each domain. ' +
    'What has no place on this host by that configuration (a spool on a drive that is not here) is named and not compared. Counts per domain; files that the target has besides (NEW) are mail that came since, as a rule, and no finding. Run ' +
    'it before the service starts: SmarterMail rewrites files as it runs. Reads only.\n\nCodes of findings:\n' +
    `${Object.entries(CODES).map(([code, text]) => `  ${code}: ${text}`).join('\n')}\n\n` +
    'Exit status: 0 all is as it was bundled; 1 something is not; 64 usage, or a passphrase is needed; 65 the bundle is ' +
    'damaged; 66 no such folder or bundle; 77 not readable for this user, or the wrong passphrase.'
  static override examples = [
    '<%= config.bin %> smartermail verify "D:\\SmarterMail\\Service" --against D:\\mail.tar.gz',
    '<%= config.bin %> smartermail verify Service --against old.tgz.manifest.json --json',
  ]
  static override args = {
    target: Args.string({name: 'TARGET_SERVICE_DIR', description: 'the Service folder that was moved to', required: true, ignoreStdin: true}),
  }
  static override flags = {
    against: Flags.string({description: 'the bundle, or its manifest', helpValue: 'BUNDLE|MANIFEST', required: true}),
    domains: Flags.string({description: 'where the domains are on this host, if not where the configuration says; may be given again', helpValue: 'DIR', multiple: true, multipleNonGreedy: true}),
    'passphrase-file': Flags.string({description: 'file that holds the passphrase, a line end not counted; - is standard input', helpValue: 'FILE|-'}),
  }

  async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Verify)
    this.listen(flags)
    const file = flags['passphrase-file']
    const against = await openAgainst(flags.against, file === undefined ? null : readPassphrase(file))
    try {
      const target = await takeInventory(args.target, {domains: flags.domains ?? [], sizes: false, both: false})
      const verified = await this.#verify(target, against)
      this.#report(verified, against, flags.verbose)
      const {findings, counts, notCompared, config} = verified
      return {
        target: target.serviceDirectory, against: flags.against, bundled: against.manifest.created,
        withContents: against.bundle !== null, same: findings.length === 0,
        config: {...config}, domains: counts.map(count => ({...count})), notCompared: notCompared.map(one => ({...one})), findings: findings.map(finding => ({...finding})),
      }
    } finally {
      await against.close()
    }
  }

  async #verify(target: Inventory, against: Against): Promise<Verified> {
    const progress = this.progress('comparing, MB')
    try {
      return await verifyTarget(target, against, (bytes, total) => progress.report(Math.floor(bytes / MEGABYTE), Math.ceil(total / MEGABYTE)))
    } finally {
      progress.end()
    }
  }

  #report({findings, counts, notCompared, config}: Verified, {manifest, bundle}: Against, verbose: boolean): void {
    for (const line of countLines(counts, this.width, verbose ? Number.POSITIVE_INFINITY : DOMAINS_SHOWN)) this.data(line)
    for (const line of findingLines(findings, verbose ? Number.POSITIVE_INFINITY : SHOWN)) this.data(line)
    for (const {name, files} of notCompared) this.warn(`${name}: ${plural(files, 'file')} not compared: the target's configuration names no directory of this host for them`)
    const edits = bundle === null ? '' : ` (${plural(config.edits, 'value')})`
    this.data(`configuration: ${plural(config.files, 'file')}, ${countText(config.unchanged)} unchanged, ${countText(config.edited)} with nothing changed but what a move changes${edits}`)
    const files = counts.reduce((sum, count) => sum + count.same, 0)
    const bytes = counts.reduce((sum, count) => sum + count.bytes, 0)
    if (!manifest.configOnly) this.data(`data: ${plural(files, 'file')} the same, of ${bytesText(bytes)}`)
    if (findings.length > 0) process.exitCode = 1
    this.data(findings.length === 0 ? `all is as it was bundled${notCompared.length === 0 ? '' : ', as far as it was compared'}` : plural(findings.length, 'finding'))
  }
}
