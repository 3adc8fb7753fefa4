// mailops greylist build-filter: the C form of the per-connection filter, compiled on this machine.
import {Flags} from '@oclif/core'
import {ChangeCommand, terminalSafe, type JsonObject} from 'mailops'

import {buildFilter, compiler} from '../../effects/compile/compile.js'
import {filterProgram, formOf} from '../../effects/standalone/filter-program.js'

export default class BuildFilter extends ChangeCommand {
  static override summary = 'put the C form of the per-connection filter in place'
  static override description =
    'Compiles mailops-greylist and puts it where the Perl form stands, by a rename: clients that come meanwhile find ' +
    'the one or the other. Both do the same; the C form costs half the processor time a connection and a quarter of the memory a ' +
    'deferred client. --perl puts the Perl form back. CC and CFLAGS are honoured.\n\n' +
    'Exit status: 0 done; 64 usage; 69 no compiler, or it failed; 77 no permission to write there; 130 interrupted.'
  static override examples = ['<%= config.bin %> greylist build-filter --yes', '<%= config.bin %> greylist build-filter --dry-run', '<%= config.bin %> greylist build-filter --perl --yes']
  static override flags = {
    perl: Flags.boolean({description: 'put the Perl form there instead'}),
    output: Flags.string({helpValue: 'FILE', description: 'another place than that of this installation'}),
  }

  override async run(): Promise<JsonObject> {
    const {flags} = await this.parse(BuildFilter)
    this.listen(flags)
    const target = flags.output ?? filterProgram()
    const before = await formOf(target)
    const form = flags.perl ? 'perl' : 'c'
    const wanted = flags.perl ? 'the Perl form' : `the C form, by ${compiler() ?? 'a compiler that is not here'}`
    if (flags['dry-run']) {
      this.data(`would put ${wanted} at ${terminalSafe(target)}, where ${before === null ? 'no filter' : `the ${before.form} form`} is`)
      return {target, dryRun: true, before: before?.form ?? null}
    }
    // Nothing is lost by it, and the other form is a command away: no question, with --yes or without.
    const made = await buildFilter({target, form})
    this.data(`${terminalSafe(target)} is the ${made.form} form, version ${made.version}`)
    return {target, dryRun: false, before: before?.form ?? null, form: made.form, version: made.version}
  }
}
