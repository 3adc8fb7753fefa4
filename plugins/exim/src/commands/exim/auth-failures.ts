// mailops exim auth-failures: who fails to log in with 535 or 435, and why.
import {Args, Flags, type Interfaces} from '@oclif/core'

import {MailopsCommand, OpsError} from 'mailops'

import {readAll, type Diagnosis, type Question} from '../../effects/failures/diagnose.js'
import {DEFAULT_THRESHOLDS} from '../../failures/causes.js'
import {parseZone} from '../../failures/clock.js'
import {parseMoment, type Now} from '../../failures/moments.js'
import {GROUPINGS, type Report} from '../../failures/report.js'
import {failureLine, failureRow} from '../../failures/live.js'
import {reportLines} from '../../failures/report-text.js'

const threshold = (description: string, value: number) => Flags.integer({description, default: value, min: 1, helpGroup: 'THRESHOLDS'})

export default class AuthFailures extends MailopsCommand {
  static override summary = 'who fails to log in with 535 or 435, and why'
  static override description =
    'Reads Exim\'s main and reject logs, plain, rotated and packed, also what went through syslog, and tells the causes apart:\n\n' +
    'monitor         the keys of cPanel\'s service monitor are refused; it says of which service\n' +
    'outage          users who always get in fail one after another while nobody gets in\n' +
    'backend         435, or maillog says so: nobody could ask whether the password is right\n' +
    'brute-force     many accounts from one address, one account from many addresses, or very fast\n' +
    'monitor-guess   a stranger tries the names of the monitor\'s keys; no reason to reset them\n' +
    'stale-password  the account is in use, and a program somewhere keeps an old password\n' +
    'aborted         no account named: the client gave up or sent nothing that can be read; many, and fast, are brute-force\n' +
    'unexplained     too little to tell\n\n' +
    'An event that stands in two logs counts once. Credentials are never shown. chkservd.log, cphulkd.log and ' +
    'maillog (for a cpdoveauthd that Dovecot did not reach) are read when they are named, lie beside the logs that are ' +
    'named, or are where cPanel has them.\n\n' +
    'With --follow --json the first line is the report, and each further line a failure. The times in JSON are UTC.\n\n' +
    'Exit status: 0 read, whatever it says; 64 usage; 65 a packed log is cut off or damaged (what came before was read and is in the report); 66 no log; 77 a log is closed to this user.'
  static override examples = [
    '<%= config.bin %> exim auth-failures --since 2h',
    '<%= config.bin %> exim auth-failures --by ip --since yesterday --until today',
    '<%= config.bin %> exim auth-failures exim_mainlog* --timezone America/Sao_Paulo',
  ]
  static override strict = false
  static override args = {
    log: Args.string({name: 'LOG', description: 'logs to read, `-` for stdin; where this machine\'s Exim logs when none is named', ignoreStdin: true}),
  }
  static override flags = {
    since: Flags.string({description: 'from then on: 2h, 1d12h, 2026-03-03, "2026-03-03 09:00", 09:30, yesterday, @SECONDS', helpValue: 'TIME'}),
    until: Flags.string({description: 'up to then', helpValue: 'TIME'}),
    follow: Flags.boolean({char: 'f', description: 'then go on and show every new failure as it comes, through rotation, until interrupted'}),
    by: Flags.option({options: GROUPINGS, description: 'group the failures', default: 'cause'})(),
    top: Flags.integer({description: 'at most so many groups', min: 1, default: 20}),
    timezone: Flags.string({description: 'zone of the times in the logs that name none: +0100, Europe/Berlin; this machine\'s by default', helpValue: 'ZONE', default: 'local'}),
    chkservd: Flags.string({description: 'chkservd.log of cPanel\'s service monitor', helpValue: 'FILE'}),
    cphulk: Flags.string({description: 'cphulkd.log of cPanel\'s brute-force protection', helpValue: 'FILE'}),
    maillog: Flags.string({description: 'Dovecot\'s log on cPanel', helpValue: 'FILE'}),
    own: Flags.string({description: 'address or network of the server itself, besides its interfaces; never to be banned', helpValue: 'ADDRESS', multiple: true, multipleNonGreedy: true}),
    webmail: Flags.string({description: 'address or network of a webmail server; never to be banned', helpValue: 'ADDRESS', multiple: true, multipleNonGreedy: true}),
    'accounts-per-address': threshold('brute-force: so many accounts that fail from one address and never succeed there', DEFAULT_THRESHOLDS.accountsPerAddress),
    'addresses-per-account': threshold('brute-force: so many addresses from which one account fails; twice as many when it succeeds elsewhere', DEFAULT_THRESHOLDS.addressesPerAccount),
    'failures-per-pair': threshold('brute-force: so many failures of one account from one address, on average less than 10 s apart', DEFAULT_THRESHOLDS.failuresPerPair),
    'outage-users': threshold('outage: so many users who fail in a row where they got in before, while nobody gets in', DEFAULT_THRESHOLDS.outageUsers),
  }

  override async run(): Promise<Report | undefined> {
    const {flags, argv} = await this.parse(AuthFailures)
    this.listen(flags)
    const progress = this.progress('reading logs, bytes')
    let isLive = false
    let diagnosis: Diagnosis
    try {
      diagnosis = await readAll({
        ...questionOf(flags, argv as string[]),
        progress: progress.report,
        warn: text => void this.warn(text),
        watch: (event, told, line) => {
          if (!isLive) return
          this.row(failureRow(event, told, line))
          this.data(failureLine(event, told))
        },
      })
    } finally {
      progress.end()
    }
    const report = diagnosis.report()
    for (const line of reportLines(report, this.width)) this.data(line)
    // The report stands; a script must not take it for the whole.
    if (diagnosis.incomplete.length > 0 && !flags.follow) process.exitCode = 65
    if (!flags.follow) return report
    this.row(report)
    isLive = true
    await diagnosis.follow(untilInterrupted())
    return undefined
  }
}

// The way in which following ends, so no failure: status 0.
const untilInterrupted = (): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

const questionOf = (flags: Interfaces.InferredFlags<typeof AuthFailures.flags>, logs: readonly string[]): Question => {
  const wall = parseZone(flags.timezone)
  if (wall === null) throw new OpsError('USAGE', `--timezone '${flags.timezone}': not a time zone`, {exit: 'usage', hint: 'write +0100, UTC or a name as Europe/Berlin'})
  const date = new Date()
  const now: Now = {now: date.getTime() / 1000, wall, today: [date.getFullYear(), date.getMonth() + 1, date.getDate()]}
  const window = {
    since: flags.since === undefined ? -Infinity : parseMoment(flags.since, '--since', now),
    until: flags.until === undefined ? Infinity : parseMoment(flags.until, '--until', now),
  }
  if (window.since > window.until)
    throw new OpsError('USAGE', `--since ${flags.since} is later than --until ${flags.until}: nothing can be between them`, {
      exit: 'usage', hint: 'ages count back from now: --since 3d --until 2h',
    })
  return {
    logs, wall, window, by: flags.by, top: flags.top, own: flags.own ?? [], webmail: flags.webmail ?? [],
    thresholds: {
      accountsPerAddress: flags['accounts-per-address'], addressesPerAccount: flags['addresses-per-account'],
      failuresPerPair: flags['failures-per-pair'], outageUsers: flags['outage-users'],
    },
    side: {...(flags.chkservd !== undefined && {chkservd: flags.chkservd}), ...(flags.cphulk !== undefined && {cphulk: flags.cphulk}), ...(flags.maillog !== undefined && {maillog: flags.maillog})},
  }
}
