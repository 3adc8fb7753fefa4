// mailops exim check-domain: is a domain local where it should be, and nowhere else.
import {resolve} from 'node:path'

import {Args, Flags} from '@oclif/core'

import {MailopsCommand, OpsError, plural, tableLines, terminalSafe, type JsonObject} from 'mailops'

import {diagnose, diagnosisJson, diagnosisLines, isFaulty, type Diagnosis} from '../../domain/diagnosis.js'
import {parseDomain} from '../../domain/name.js'
import {lookFlags} from '../../domain-flags.js'
import {allDomains, lookUp, ownJson, surroundings, type Surroundings} from '../../effects/domain/look-up.js'

/** So many domains are asked about at a time. */
const AT_ONCE = 8

export default class CheckDomain extends MailopsCommand {
  static override summary = 'check whether domains are local where they should be'
  static override description =
    'For "lowest numbered MX record points to local host", and for its opposite, mail that never leaves because a domain ' +
    'is taken for local. Ten checks of each domain: the lists and what is wrong in them, MXCHECK of cPanel, MX by the ' +
    'resolver, by a server that has the zone and by the local zone file, the addresses of the MX hosts against those of ' +
    'this machine and its NAT, oddities, how Exim routes it, what its router does with itself, what it takes for its own, ' +
    'the owner, frozen mail. Works for cPanel, for Exim of Debian and plain Exim, and reads the lists of sendmail, Postfix ' +
    'and qmail where those are what the machine has. Changes nothing; asks DNS.\n\n' +
    'With --root the lists are those of a copy below DIR; Exim is then only asked when --exim names it.\n\n' +
    'Exit status: 0 nothing is wrong, 1 something has to be mended, 64 usage, 66 no list of domains here, 75 DNS could ' +
    'not say (SERVFAIL, no answer) and nothing else is wrong, 77 no permission.'
  static override examples = [
    '<%= config.bin %> exim check-domain example.com',
    '<%= config.bin %> exim check-domain --all --json',
    '<%= config.bin %> exim check-domain example.com --root /mnt/old \\\n    --resolver 192.0.2.53 --public-address 192.0.2.10',
  ]
  static override strict = false
  static override args = {
    domain: Args.string({ignoreStdin: true, description: 'domain to check; several may be named'}),
  }
  static override flags = {
    ...lookFlags,
    all: Flags.boolean({description: 'every domain that a list or an account names'}),
  }

  override async run(): Promise<JsonObject> {
    const {argv, flags} = await this.parse(CheckDomain)
    this.listen(flags)
    const named = (argv as string[]).map(parseDomain)
    const isAll = flags.all
    // Of a flag that is not given there is no false, only nothing.
    if (isAll ? named.length > 0 : named.length === 0)
      throw new OpsError(
        'USAGE',
        isAll ? 'name domains or use --all, not both' : 'name at least one domain, or use --all',
        {exit: 'usage', hint: 'mailops exim check-domain --all'},
      )
    const around = await surroundings({
      queue: true,
      root: resolve(flags.root),
      resolver: flags.resolver,
      publicAddresses: flags['public-address'] ?? [],
      exim: flags.exim,
      config: flags['exim-config'] === undefined ? undefined : resolve(flags['exim-config']),
    })
    const diagnoses = await this.#diagnose(around, isAll ? allDomains(around) : [...new Set(named)])
    this.#tell(diagnoses, isAll)
    const faulty = diagnoses.filter(isFaulty).length
    const undecided = diagnoses.filter(({verdict}) => verdict.code === 'UNDECIDED').length
    process.exitCode = faulty > 0 ? 1 : undecided > 0 ? 75 : 0
    return {
      system: around.system.kind,
      own: ownJson(around.own),
      checked: diagnoses.length,
      faulty,
      undecided,
      domains: diagnoses.map(diagnosisJson),
    }
  }

  async #diagnose(around: Surroundings, domains: readonly string[]): Promise<Diagnosis[]> {
    const progress = this.progress('checking domains')
    const diagnoses: Diagnosis[] = []
    let [next, done] = [0, 0]
    const lane = async (): Promise<void> => {
      for (let n = next++; n < domains.length; n = next++) {
        diagnoses[n] = diagnose(await lookUp(around, domains[n]!))
        progress.report(++done, domains.length)
      }
    }
    try {
      await Promise.all(Array.from({length: Math.min(AT_ONCE, domains.length)}, lane))
    } finally {
      progress.end()
    }
    return diagnoses
  }

  #tell(diagnoses: readonly Diagnosis[], isAll: boolean): void {
    if (isAll) {
      const columns = [
        {heading: 'DOMAIN', shrink: true},
        {heading: 'LISTED'},
        {heading: 'MAIL GOES'},
        {heading: 'VERDICT'},
      ]
      for (const line of tableLines(
        columns,
        diagnoses.map(({facts, role, verdict}) => [
          terminalSafe(facts.domain),
          role,
          facts.routing.place,
          verdict.code,
        ]),
        this.width,
      ))
        this.data(line)
    }
    for (const one of diagnoses)
      if (!isAll || isFaulty(one)) for (const line of diagnosisLines(one, this.width)) this.data(terminalSafe(line))
    if (isAll)
      this.say(
        `${plural(diagnoses.length, 'domain')}, ${plural(diagnoses.filter(isFaulty).length, 'with a fault', 'with faults')}`,
      )
  }
}
