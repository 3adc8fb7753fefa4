// mailops exim set-domain: makes a domain local, remote or backup on this machine.
import {resolve} from 'node:path'

import {Args, Flags} from '@oclif/core'

import {ChangeCommand, OpsError, type JsonObject} from 'mailops'

import {parseDomain} from '../../domain/name.js'
import {afterwards} from '../../domain/set-edits.js'
import {listedRole, listingsOf, type Role} from '../../domain/system.js'
import {objection} from '../../domain/verdict.js'
import {lookFlags} from '../../domain-flags.js'
import {cpanelApi} from '../../effects/domain/cpanel-api.js'
import {lookUp, surroundings} from '../../effects/domain/look-up.js'
import {readSystem} from '../../effects/domain/read-system.js'
import {setPlan} from '../../effects/domain/set-plan.js'

const ROLES = ['local', 'remote', 'backup'] as const

export default class SetDomain extends ChangeCommand {
  static override summary = 'make a domain local, remote or backup'
  static override description =
    'Local: mail for the domain ends here. Remote: it is routed by MX. Backup: it is taken in and handed on to a better ' +
    "MX. On cPanel the account's setting is made through uapi, with the setting until now remembered for undo; without " +
    'uapi, and on other systems, the lists are edited: order, comments and all other lines stay, an entry that stands ' +
    'there wrongly or twice is put right. DNS is asked first; where it says otherwise, or cannot say, the command refuses ' +
    'unless --force is given.\n\n' +
    'Exit status: 0 done, or so already; 64 DNS disagrees (--force), or usage; 65 a list is a symbolic link; 66 no list ' +
    'of domains here; 69 the API did not do it, and what was done is taken back; 75 DNS could not say, or busy; 77 no ' +
    'permission; 78 has to be done by hand, which is told; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> exim set-domain example.com local --dry-run',
    '<%= config.bin %> exim set-domain example.com remote --yes',
    '<%= config.bin %> exim set-domain example.com backup --root /mnt/old --force --yes',
  ]
  static override args = {
    domain: Args.string({required: true, ignoreStdin: true, description: 'the domain'}),
    role: Args.string({required: true, ignoreStdin: true, options: [...ROLES], description: 'what it shall be here'}),
  }
  static override flags = {
    ...lookFlags,
    'uapi': Flags.string({
      description: "cPanel's uapi, where it is in another place",
      helpValue: 'PATH',
      exclusive: ['no-api'],
    }),
    'no-api': Flags.boolean({description: 'edit the files of cPanel even where there is uapi'}),
    'force': Flags.boolean({description: 'do it although DNS says otherwise'}),
  }

  override async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(SetDomain)
    this.listen(flags)
    const [domain, role, root] = [parseDomain(args.domain), args.role as Role, resolve(flags.root)]
    const config = flags['exim-config'] === undefined ? undefined : resolve(flags['exim-config'])
    const around = await surroundings({
      queue: false,
      root,
      resolver: flags.resolver,
      publicAddresses: flags['public-address'] ?? [],
      exim: flags.exim,
      config,
    })
    const {routing} = await lookUp(around, domain)
    const against = objection(role, routing.place)
    if (against !== null)
      this.#objectTo({domain, role, against, isUndecided: routing.place === 'undecided', force: flags.force})
    const api = around.system.kind !== 'cpanel' || flags['no-api'] ? null : cpanelApi(root, flags.uapi)
    const plan = setPlan({root, system: around.system, domain, role, api})
    const before = listedRole(listingsOf(around.system, domain)).role
    const document = {
      domain,
      role,
      before,
      system: around.system.kind,
      place: routing.place,
      by: plan.changes.some(({kind}) => kind === 'run') && api !== null ? 'api' : 'files',
    }
    if (plan.changes.length === 0) {
      this.say(`${domain} is ${role} already`)
      return {...document, changed: false, dryRun: flags['dry-run']}
    }
    const verify = async (): Promise<void> => this.#verify({root, config: around.config, domain, role})
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes: flags.yes, verify})
    if (applied === null) return {...document, changed: false, dryRun: true, plan: this.planJson(plan)}
    this.say(`${domain} is ${role} now (was: ${before}); journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    const next = afterwards(
      around.system,
      plan.changes.flatMap(change => (change.kind === 'write' ? [change.path] : [])),
    )
    if (next !== null) this.say(`next: ${next}`)
    return {...document, changed: true, journalId: applied.journalId}
  }

  #objectTo({
    domain,
    role,
    against,
    isUndecided,
    force,
  }: {
    domain: string
    role: Role
    against: string
    isUndecided: boolean
    force: boolean
  }): void {
    const text = `${domain} should not be ${role}: ${against}`
    if (force) this.warn(`${text}; done all the same`)
    else
      throw new OpsError(isUndecided ? 'DNS_UNDECIDED' : 'DNS_DISAGREES', `${text}; nothing was changed`, {
        exit: isUndecided ? 'tryAgain' : 'usage',
        hint: `mailops exim check-domain ${domain}; --force if you know better`,
      })
  }

  /** uapi ends with status 0 whatever it did: what counts is what the lists say afterwards. */
  #verify({root, config, domain, role}: {root: string; config: string | undefined; domain: string; role: Role}): void {
    const now = listedRole(listingsOf(readSystem(root, config), domain))
    const isSo = now.role === role || (role === 'remote' && now.role === 'unlisted')
    if (isSo && !now.isConflict) return
    throw new OpsError(
      'NOT_SET',
      `${domain} is ${now.isConflict ? 'in contradicting lists' : now.role} after all, not ${role}; what was done was taken back`,
      {exit: 'unavailable', hint: 'try it with --no-api, or see what uapi says when it is run by hand'},
    )
  }
}
