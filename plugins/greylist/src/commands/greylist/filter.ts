// mailops greylist filter: the filter without a daemon.
import {MailopsCommand} from 'mailops'

import {becomeProgram} from '../../effects/standalone/become.js'
import {standaloneProgram} from '../../effects/standalone/filter-program.js'

export default class Filter extends MailopsCommand {
  static override summary = 'the filter without a daemon: opens the store itself, for quiet sites'
  static override description =
    'Runs between tcpserver and PROGRAM as mailops-greylist does, but opens the store itself for each client, which ' +
    'takes a tenth of a second of processor time: for hosts with less than a connection a second, and for trying it out. It starts ' +
    'bin/greylist-standalone.js, which run scripts may call directly and which is twice as fast. ' +
    'Options: --config, --db, --delay, --window, --keep, --learning, and those of mailops-greylist.\n\n' +
    'Exit status: that of PROGRAM; 64 usage; 111 PROGRAM cannot be run.'
  static override examples = [
    '<%= config.bin %> greylist filter -- /var/qmail/bin/qmail-smtpd',
    '<%= config.bin %> greylist filter --delay 2m -- /var/qmail/bin/qmail-smtpd',
  ]
  static override usage = 'greylist filter [OPTION...] -- PROGRAM [ARG...]'
  static override strict = false

  override async run(): Promise<void> {
    // Not parsed: everything is the program's, or its filter's, --json and --help among it once `--` was read.
    this.parsed = true
    await becomeProgram([process.execPath, standaloneProgram(), ...this.argv])
  }
}
