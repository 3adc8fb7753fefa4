// mailops smartermail checklist: the steps around a move, filled in with this installation's figures.
import {Args, Flags} from '@oclif/core'

import {MailopsCommand, type JsonObject} from 'mailops'

import {checklistLines} from '../../checklist/report.js'
import {stepsFor} from '../../checklist/steps.js'
import {readFigures} from '../../effects/checklist/read-figures.js'
import {readPassphrase} from '../../effects/passphrase.js'

export default class Checklist extends MailopsCommand {
  static override summary = 'the steps around a move in order, with this installation\'s figures'
  static override description =
    'Prints what is to be done before, at and after the move to another server, in order: licence, TTL, MX, copies, ' +
    'services, bindings, DNS, SPF and PTR; filled in with the domains, sizes, addresses, DNS servers, ports and paths of ' +
    'this installation, and the commands to type. Reads only, asks no network.\n\n' +
    'Exit status: 0 done; 64 usage, or a passphrase is needed; 65 the bundle is damaged; 66 no such folder or bundle; 77 ' +
    'not readable for this user, or the wrong passphrase.'
  static override examples = [
    '<%= config.bin %> smartermail checklist "D:\\Program Files\\SmarterMail\\Service"',
    '<%= config.bin %> smartermail checklist mail.tar.gz > checklist.txt',
  ]
  static override args = {
    source: Args.string({name: 'SOURCE', description: 'a Service folder or a bundle', required: true, ignoreStdin: true}),
  }
  static override flags = {
    domains: Flags.string({description: 'local copy of a directory that domains are in; may be given again', helpValue: 'DIR', multiple: true, multipleNonGreedy: true}),
    'passphrase-file': Flags.string({description: 'file that holds the passphrase of an encrypted bundle, a line end not counted; - is standard input', helpValue: 'FILE|-'}),
  }

  async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Checklist)
    this.listen(flags)
    const file = flags['passphrase-file']
    const figures = await readFigures(args.source, {
      domains: flags.domains ?? [],
      passphrase: () => (file === undefined ? null : readPassphrase(file)),
    })
    const steps = stepsFor(figures)
    for (const line of checklistLines(figures, steps, this.width)) this.data(line)
    return {
      source: figures.source, era: figures.era, version: figures.version, host: figures.host, files: figures.files, bytes: figures.bytes,
      spoolFiles: figures.spoolFiles, domains: figures.domains.map(one => ({...one})),
      addresses: figures.addresses.map(one => ({...one})), dns: figures.dns.map(one => ({...one})),
      ports: figures.ports.map(one => ({...one})), prefixes: figures.prefixes.map(one => ({...one})),
      steps: steps.map(({lines, commands, ...step}) => ({...step, lines: [...lines], commands: [...commands]})),
    }
  }
}
