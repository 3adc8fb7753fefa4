// mailops smartermail check: what would go wrong with a move, before it is begun.
import {Args, Flags} from '@oclif/core'

import {MailopsCommand, type JsonObject} from 'mailops'

import {codeLines, findingLines, summaryLine} from '../../check/report.js'
import {checkInstallation} from '../../effects/check/check-installation.js'

export default class Check extends MailopsCommand {
  static override summary = 'look for what would go wrong with a move, before it is begun'
  static override description =
    'Reads the configuration with two parsers and walks the data that is here; changes nothing. With --target it looks at the new server too: ' +
    `version, room, a service that runs.\n\nCodes of findings:\n${codeLines().join('\n')}\n\n` +
    'Exit status: 0 nothing is in the way (notes do not count); 1 something was found; 64 usage; 66 not a Service folder; 77 no permission.'
  static override examples = [
    '<%= config.bin %> smartermail check /mnt/old/SmarterMail/Service',
    String.raw`<%= config.bin %> smartermail check 'C:\SmarterMail\Service' --target '\\new\c$\Mail'`,
  ]
  static override args = {
    service: Args.string({description: 'the Service folder (on Linux /etc/smartermail)', required: true, ignoreStdin: true}),
  }
  static override flags = {
    target: Flags.string({description: 'Service folder of the new server', helpValue: 'DIR'}),
    domains: Flags.string({description: 'local copy of the directory that holds the domains (repeatable)', helpValue: 'DIR', multiple: true, multipleNonGreedy: true}),
  }

  async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Check)
    this.listen(flags)
    const progress = this.progress('reading the configuration')
    try {
      const {inventory, findings, files, bytes} = await checkInstallation(args.service, {
        domains: flags.domains ?? [], target: flags.target ?? null, progress: progress.report,
      })
      progress.end()
      for (const line of findingLines(findings, flags.verbose)) this.data(line)
      this.data(summaryLine(inventory.serviceDirectory, findings))
      if (findings.some(({severity}) => severity !== 'note')) process.exitCode = 1
      return {
        serviceDirectory: inventory.serviceDirectory, era: inventory.era, version: inventory.version, domains: inventory.domains.length,
        files, bytes, findings: findings.map(one => ({...one})),
      }
    } finally {
      progress.end()
    }
  }
}
