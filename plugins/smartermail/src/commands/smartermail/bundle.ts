// mailops smartermail bundle: everything of an installation in one file, with the proof of what is in it.
import {resolve} from 'node:path'

import {Args, Flags} from '@oclif/core'

import {MailopsCommand, OpsError, bytesText, durationText, plural, terminalSafe, type JsonObject} from 'mailops'
import {holdSignalsBack} from 'mailops/effects'

import {incompleteLines, incompleteOf} from '../../bundle/incomplete.js'
import type {Manifest} from '../../bundle/manifest.js'
import {createBundle, type Bundled, type BundleRequest} from '../../effects/bundle/create.js'
import {readPassphrase} from '../../effects/passphrase.js'
import {takeInventory} from '../../effects/inventory/take-inventory.js'
import {listInstallation, refuseInside, type Listing} from '../../effects/source/list-installation.js'
import type {Inventory} from '../../inventory/inventory.js'

const SHOWN = 10
/** Below so many bytes of passphrase the work that a guess costs is no protection. */
const SHORT = 12
const MEGABYTE = 1 << 20
const DOING = {looking: 'looking for what is intact, MB', bundling: 'bundling, MB', verifying: 'reading the bundle again, MB'} as const

interface Asked {
  readonly output: string
  readonly domains?: string[] | undefined
  readonly 'config-only'?: boolean | undefined
  readonly files?: string | undefined
  readonly 'skip-spool': boolean
  readonly 'skip-logs': boolean
  readonly 'passphrase-file'?: string | undefined
  readonly resume: boolean
  readonly 'no-verify': boolean
  readonly verbose: boolean
}

// With a default, oclif takes --files for satisfied; without one, a flag that is not given is undefined, whatever its type says.
const isSet = (flag: boolean | undefined): boolean => flag === true

export default class Bundle extends MailopsCommand {
  static override summary = 'pack an installation into one file, with a digest of every file in it'
  static override description =
    'Packs configuration, the domains\' data, spool and logs into a tar.gz that any tar unpacks, with a manifest ' +
    '(manifest.json, its last entry, and beside it) that names every file with size, time and SHA-256. The data is taken ' +
    'from where the configuration has it, or from --domains. Links are never followed; what cannot be taken, or changes ' +
    'while it is read, is reported and noted in the manifest. The bundle is written as FILE.part and gets its name when ' +
    'it has been read again and found right; after a crash, a full disk or ^C, --resume goes on where it ended.\n\n' +
    'A bundle is a secret, also without --encrypt: administrators\' and users\' passwords can be recovered from it. It is ' +
    'readable by its owner only. With --encrypt it and its manifest are sealed with AES-256-GCM under a key that scrypt ' +
    'makes of the passphrase; there is no way in without it. Stop SmarterMail for the last bundle before a move: while it ' +
    'runs, files change, and it writes some of its settings only when it ends.\n\n' +
    'Exit status: 0 done; 1 done, but something is not in it as it was on the disk; 64 usage; 66 no Service folder, or a ' +
    'named directory or file is missing; 73 something is there already, or the disk is full; 75 another run makes the ' +
    'same bundle; 77 not readable for this user, or the wrong passphrase for --resume; 130 stopped by ^C.'
  static override examples = [
    '<%= config.bin %> smartermail bundle "C:\\SmarterMail\\Service" -o D:\\mail.tar.gz',
    '<%= config.bin %> smartermail bundle /srv/Service --domains /srv/Domains -o old.tar.gz',
    '<%= config.bin %> smartermail bundle Service -o config.tar.gz --config-only \\\n    --files mailConfig.xml,domainList.xml',
    '<%= config.bin %> smartermail bundle Service -o mail.sealed --resume \\\n    --encrypt --passphrase-file passphrase.txt',
  ]
  static override args = {
    service: Args.string({name: 'SERVICE_DIR', description: 'the Service folder, or a copy of it', required: true, ignoreStdin: true}),
  }
  static override flags = {
    output: Flags.string({char: 'o', description: 'the bundle to make; nothing may be there', helpValue: 'FILE', required: true}),
    domains: Flags.string({description: 'local copy of a directory that domains are in; may be given again', helpValue: 'DIR', multiple: true, multipleNonGreedy: true, exclusive: ['config-only']}),
    'config-only': Flags.boolean({description: 'configuration only, no mail'}),
    files: Flags.string({description: 'of the configuration these files only, parted by commas', helpValue: 'NAME,...', dependsOn: ['config-only']}),
    'skip-spool': Flags.boolean({description: 'leave the spool away', default: false}),
    'skip-logs': Flags.boolean({description: 'leave logs away', default: false}),
    encrypt: Flags.boolean({description: 'seal the bundle and its manifest', dependsOn: ['passphrase-file']}),
    'passphrase-file': Flags.string({description: 'file that holds the passphrase, a line end not counted; - is standard input', helpValue: 'FILE|-', dependsOn: ['encrypt']}),
    resume: Flags.boolean({description: 'go on with an unfinished bundle, if there is one', default: false}),
    'no-verify': Flags.boolean({description: 'do not read the bundle again after it was written', default: false}),
  }

  async run(): Promise<JsonObject> {
    const {args, flags} = await this.parse(Bundle)
    this.listen(flags)
    const output = resolve(flags.output)
    const secret = flags['passphrase-file']
    const passphrase = secret === undefined ? null : readPassphrase(secret)
    if (passphrase !== null && passphrase.length < SHORT) this.warn(`a passphrase of ${plural(passphrase.length, 'byte')} can be guessed; make one by: openssl rand -base64 24`)
    const inventory = await takeInventory(args.service, {domains: flags.domains ?? [], sizes: false, both: false})
    for (const {name, problem} of inventory.files)
      if (problem !== null) this.warn(`${name}${problem.line === null ? '' : `:${problem.line}:${problem.column ?? 1}`}: ${problem.message}; it is bundled as it is, what it names is not found`)
    const listing = this.#list(inventory, flags)
    refuseInside(listing, output)
    requireData(listing, isSet(flags['config-only']))
    const began = performance.now()
    const bundled = await this.#bundle(listing, {
      output, passphrase, resume: flags.resume, verify: !flags['no-verify'],
      about: {created: new Date().toISOString(), era: inventory.era, version: inventory.version, configOnly: isSet(flags['config-only'])},
    })
    this.#report(output, bundled, {seconds: (performance.now() - began) / 1000, flags})
    return documentOf(output, bundled, flags)
  }

  #list(inventory: Inventory, flags: Asked): Listing {
    const progress = this.progress('looking for files')
    try {
      return listInstallation(inventory, {
        domains: flags.domains ?? [],
        configOnly: isSet(flags['config-only']),
        files: flags.files === undefined ? null : flags.files.split(',').map(name => name.trim()).filter(name => name !== ''),
        skipSpool: flags['skip-spool'],
        skipLogs: flags['skip-logs'],
        progress: count => progress.report(count, 0),
      })
    } finally {
      progress.end()
    }
  }

  async #bundle(listing: Listing, request: Omit<BundleRequest, 'progress' | 'signal'>): Promise<Bundled> {
    const interruption = holdSignalsBack()
    let shown: {doing: keyof typeof DOING; line: ReturnType<MailopsCommand['progress']>} | null = null
    try {
      return await createBundle(listing, {
        ...request,
        signal: interruption.signal,
        progress: (doing, bytes, total) => {
          if (shown?.doing !== doing) {
            shown?.line.end()
            shown = {doing, line: this.progress(DOING[doing])}
          }
          shown.line.report(Math.floor(bytes / MEGABYTE), Math.ceil(total / MEGABYTE))
        },
      })
    } catch (error) {
      throw interruption.withStatus(error)
    } finally {
      ;(shown as {line: {end: () => void}} | null)?.line.end()
      interruption.end()
    }
  }

  #report(output: string, {manifest, sidecar, packedBytes, reusedFiles, reusedBytes}: Bundled, {seconds, flags}: {seconds: number; flags: Asked}): void {
    const incomplete = incompleteOf(manifest)
    for (const line of incompleteLines(incomplete, flags.verbose ? Number.POSITIVE_INFINITY : SHOWN)) this.warn(line)
    const bytes = totalBytes(manifest)
    this.data(`${terminalSafe(output)}: ${plural(manifest.files.length, 'file')}, ${bytesText(bytes)} as ${bytesText(packedBytes)}`)
    this.data(`manifest: ${terminalSafe(sidecar)}`)
    if (reusedFiles > 0) this.say(`${plural(reusedFiles, 'file')}, ${bytesText(reusedBytes)}, taken over from the unfinished bundle`)
    this.say(`${flags['no-verify'] ? 'not read again' : 'read again, every digest is right'}; took ${durationText(seconds)}`)
    const {leftOut, flawed, withoutData} = incomplete
    const lacking = leftOut.length + flawed.length + withoutData.length
    if (lacking === 0) return
    process.exitCode = 1
    this.say(`the bundle is INCOMPLETE: ${plural(lacking, 'thing')} not in it as it was on the disk`)
  }
}

const totalBytes = ({files}: Manifest): number => files.reduce((sum, file) => sum + file.bytes, 0)

const requireData = ({domains, roots}: Listing, configOnly: boolean): void => {
  if (configOnly || roots.some(({kind}) => kind === 'domains')) return
  const [first] = domains
  const what = first === undefined
    ? 'no domain is found in its configuration, so that no mail would be bundled'
    : `the directories of its ${plural(domains.length, 'domain')} are not on this machine (${first.configured})`
  throw new OpsError('NO_DATA', what, {
    exit: 'noInput',
    hint: 'name their local copy with --domains DIR, or take --config-only',
  })
}

const documentOf = (output: string, {manifest, sidecar, packedBytes, reusedFiles, reusedBytes}: Bundled, flags: Asked): JsonObject => {
  const {leftOut, flawed, withoutData} = incompleteOf(manifest)
  return {
    bundle: output, manifest: sidecar, encrypted: flags['passphrase-file'] !== undefined, verified: !flags['no-verify'],
    era: manifest.era, version: manifest.version, configOnly: manifest.configOnly, created: manifest.created,
    files: manifest.files.length, bytes: totalBytes(manifest), packedBytes, reusedFiles, reusedBytes,
    roots: manifest.roots.map(root => ({...root})), domains: manifest.domains.map(domain => ({...domain})),
    complete: leftOut.length + flawed.length + withoutData.length === 0,
    leftOut: leftOut.map(one => ({...one})), flawed: flawed.map(({name, flaw}) => ({name, flaw})),
    withoutData: withoutData.map(({name, configured}) => ({name, configured})),
  }
}
