// mailops exim reset-serviceauth: new keys for a service that the monitor cannot log in to, or the old ones readable again.
import {randomBytes} from 'node:crypto'
import {resolve} from 'node:path'

import {Args} from '@oclif/core'

import {ChangeCommand, isOpsError, OpsError, terminalSafe, type JsonObject, type Plan} from 'mailops'
import {readSeen, type Applied} from 'mailops/effects'

import {resetFlags, VERIFY, type ResetFlags} from '../../reset-flags.js'
import {chooseServices} from '../../effects/serviceauth/chosen.js'
import {lookAtBase, lookAtService, lookAtServiceauth} from '../../effects/serviceauth/look.js'
import {ownersOf, requireOwner} from '../../effects/serviceauth/owners.js'
import {AS_IT_IS_MS, proveKeys} from '../../effects/serviceauth/prove.js'
import {refuseSwitchedOff} from '../../effects/serviceauth/switches.js'
import {renewalHandler} from '../../effects/serviceauth/handler.js'
import {baseAnomalies} from '../../serviceauth/anomaly.js'
import {decide, type Decision} from '../../serviceauth/decide.js'
import {parseDuration} from '../../serviceauth/duration.js'
import {isProvedBySmtp, type Owners} from '../../serviceauth/layout.js'
import {renewalSteps, type RenewalArgs} from '../../serviceauth/renewal.js'
import {resetPlan} from '../../serviceauth/reset-plan.js'
import {parseServer} from '../../serviceauth/server.js'

/** What ends a reset with everything as it was. */
const ROLLED_BACK = new Set(['KEYS_MISSING', 'NOT_ACCEPTED', 'NO_SMTP', 'RESTART_FAILED'])

export default class ResetServiceauth extends ChangeCommand {
  static override summary = "renew or mend the keys with which cPanel's monitor logs in"
  static override description =
    'For "535 Incorrect authentication data" of the service monitor. Without a name it takes the services that the logs ' +
    'show failing from this machine itself; when there is none it refuses and says what the logs do show. Wrong owners ' +
    'and modes alone are mended without touching a key. Else the old keys are backed up, moved aside beside the ' +
    'directory, cPanel is made to make new ones, and a real login proves them; when keys do not come back or are not ' +
    'taken, the old ones are put back and the restart command is run again. `mailops undo` puts them back later.\n\n' +
    '--force always renews, which is what removing the directory and restarting cPanel amounts to, with a way back. The ' +
    'login proves keys of exim, smtp and icontact; --verify given explicitly proves all. In a directory that belongs to ' +
    'another user than root that user may rehearse.\n\n' +
    'Exit status: 0 done, 64 nothing indicated or usage, 65 a symbolic link in the way, 66 no such directory or service, ' +
    '73 no room or another file system, 75 rolled back or busy, 77 not root, 78 a switch file keeps the monitor from ' +
    'making keys, 130 interrupted and rolled back.'
  static override examples = [
    '<%= config.bin %> exim reset-serviceauth --dry-run',
    '<%= config.bin %> exim reset-serviceauth exim --yes',
    '<%= config.bin %> exim reset-serviceauth exim --force --yes \\\n    --restart-command /usr/local/cpanel/scripts/restartsrv_cpsrvd',
    '<%= config.bin %> exim reset-serviceauth icontact --generate --no-verify --yes',
  ]
  static override strict = false
  static override args = {
    service: Args.string({ignoreStdin: true, description: 'service whose keys are meant; several may be named'}),
  }
  static override flags = resetFlags

  override async run(): Promise<JsonObject> {
    const {argv, flags} = await this.parse(ResetServiceauth)
    this.listen(flags)
    const base = resolve(flags.dir)
    lookAtBase(base)
    requireOwner(base)
    const seen = lookAtServiceauth(base)
    const owners = ownersOf(base)
    const {services, because} = await chooseServices(base, {
      names: argv as string[],
      logs: flags.log ?? [],
      force: flags.force,
    })
    for (const line of because) this.say(terminalSafe(line))
    const baseFaults = baseAnomalies(seen, owners)
    const decisions = services.map(service => decide(lookAtService(base, service), {owners, force: flags.force, baseFaults}))
    const server = this.#verify(flags)
    const renewal = this.#renewal(decisions, {base, dev: seen.directory.dev, owners, server, flags})
    const plan = resetPlan(decisions, {
      base,
      baseFaults,
      renewal,
      lookAt: path => readSeen(path),
    })
    const document = {dir: base, services: decisions.map(({action, facts}) => ({service: facts.service, action}))}
    const preview = renewal === null ? [] : renewalSteps(renewal)
    const applied = await this.#apply(plan, {
      decisions,
      base,
      flags,
      server,
      preview,
      dryRun: flags['dry-run'],
      yes: flags.yes,
    })
    if (applied === null) return {...document, dryRun: true, plan: this.planJson(plan)}
    const result = applied.bulk[0]?.result ?? {}
    this.#tell(decisions, applied, result)
    return {...result, ...document, journalId: applied.journalId}
  }

  /** What is to be renewed, null when nothing is; refuses where cPanel would not make new keys. */
  #renewal(
    decisions: readonly Decision[],
    {
      base,
      dev,
      owners,
      server,
      flags,
    }: {base: string; dev: string; owners: Owners; server: string | null; flags: ResetFlags},
  ): RenewalArgs | null {
    const renewed = decisions.filter(({action}) => action === 'renew').map(({facts}) => facts)
    if (renewed.length === 0) return null
    if (!flags.generate)
      for (const {service} of renewed)
        refuseSwitchedOff(base, service, {restart: flags['restart-command'], warn: text => void this.warn(text)})
    return {
      base,
      dev,
      ...owners,
      generate: flags.generate,
      token: randomBytes(8).toString('hex'),
      services: renewed.map(({service, directory}) => ({
        service,
        ino: directory?.ino ?? null,
        prove: this.#isProved(service, flags),
      })),
      restart: flags['restart-command'],
      waitSeconds: parseDuration(flags.wait, 'wait'),
      verify: server,
    }
  }

  #verify(flags: ResetFlags): string | null {
    if (flags['no-verify']) return null
    const verify = flags.verify ?? VERIFY
    const {host} = parseServer(verify)
    if (!/^(127\.|::1$|localhost$)/.test(host)) this.warn(`the keys of this machine go to ${host} in the clear`)
    return verify
  }

  #isProved(service: string, flags: ResetFlags): boolean {
    if (flags['no-verify']) return false
    if (flags.verify !== undefined || isProvedBySmtp(service)) return true
    this.warn(`keys of ${service} are not for SMTP: they will not be proved by a login; --verify HOST:PORT tries it`)
    return false
  }

  async #apply(
    plan: Plan,
    {
      decisions,
      base,
      flags,
      server,
      ...rest
    }: {
      decisions: readonly Decision[]
      base: string
      flags: ResetFlags
      server: string | null
      preview: string[]
      dryRun: boolean
      yes: boolean
    },
  ): Promise<Applied | null> {
    const mended = decisions.filter(
      ({action, facts}) => server !== null && action === 'rights' && this.#isProved(facts.service, flags),
    )
    const proof = {
      server: parseServer(server ?? VERIFY),
      patienceMs: AS_IT_IS_MS,
      context: {signal: new AbortController().signal},
    }
    const verify = async (): Promise<void> => {
      for (const {facts} of mended) await proveKeys(base, facts.service, proof)
    }
    try {
      return await this.carryOut(plan, {
        ...rest,
        handlers: [renewalHandler()],
        verify,
        doing: 'waiting for new keys (seconds)',
      })
    } catch (error) {
      if (!isOpsError(error) || !ROLLED_BACK.has(error.code)) throw error
      throw new OpsError(error.code, `${error.message}; rolled back: everything is as it was`, {
        exit: 'tryAgain',
        ...(error.hint !== undefined && {hint: error.hint}),
        cause: error,
      })
    }
  }

  #tell(decisions: readonly Decision[], {journalId}: Applied, result: JsonObject): void {
    const proved = (result['proved'] ?? []) as readonly string[]
    for (const {action, facts} of decisions)
      this.say(
        `${facts.service}: ${action === 'rights' ? 'owner and mode mended, keys untouched' : `new keys${proved.includes(facts.service) ? ', proved by a login' : ''}`}`,
      )
    const {aside, backup} = result
    if (typeof backup === 'string' && typeof aside === 'string') this.say(`old keys: ${aside}, and ${backup}`)
    this.say(`journal ${journalId}; mailops undo ${journalId} takes it back`)
  }
}
