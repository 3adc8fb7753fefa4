// mailops postfix optimize-regexp: a smaller map that answers every key as before.
import {resolve} from 'node:path'

import {Flags} from '@oclif/core'

import {ChangeCommand, OpsError, type Plan, plural} from 'mailops'

import {
  askedDirectory, inPlacePlan, type Instance, instanceOnce, type LoadedMap, loadMap, measureTables, needRunning, optimizeProven, otherInstances,
  outputPlan, placeOf, type Proven, writeTable,
} from '../../effects/index.js'
import {mapArgument, mapFlags} from '../../map-flags.js'
import {tableKeys} from '../../memory/table-keys.js'
import {findingsOf, keptOf, type OptimizeDocument, type ProofReport, rewritesOf, ruleCount} from '../../report/document.js'
import {alternatives, isMailmans, mailmanHints} from '../../report/hints.js'
import {memoryReport} from '../../report/memory.js'
import {reportLines} from '../../report/text.js'
import {convertDialect} from '../../rewrite/convert-dialect.js'
import {withDoubts} from '../../rewrite/doubt.js'
import type {Table} from '../../table/entry.js'
import {parseTable} from '../../table/parse.js'

const FAST_RULES = 2_000
/** Of the budget, for the memory model at the end. */
const MODEL_SHARE = 0.25
/** Of the budget, for showing that the other engine means the same. */
const CONVERT_SHARE = 0.3
/** Maps lie side by side, and many are written at once: each for a moment. */
const LOCK_WAIT_MS = 30_000
const POSTMAP_SECONDS = {few: 1, many: 10}

export default class OptimizeRegexp extends ChangeCommand {
  static override summary = 'make a regexp: or pcre: map smaller without changing one answer'
  static override description =
    'Joins rules of one answer into patterns that share beginnings, ends and whole factors (names times commands), removes ' +
    'rules that can never answer, puts if around long runs of one domain. Rules are moved past others only where no key can ' +
    'tell. The new map is proven to answer every key as the old one, by walking both as automata or by a certificate for each ' +
    'rewrite, and compared with the real postmap where there is one; what cannot be proven is not written. Without -o and ' +
    '--in-place the new map goes to stdout and the report to stderr. What Postfix would warn about is reported and left as ' +
    'it is.\n\n' +
    'Goals: balanced; memory (no guards added); speed; readable (one line a list).\n\n' +
    'Exit status: 0 done, also when nothing could be improved; 64 usage, or a map of unknown type; 65 not a table, or not to ' +
    'be converted with --to; 66 no such file; 69 --measure without postmap, or --reload without a Postfix that runs; 70 our bug; 73 the output exists or cannot be ' +
    'made; 75 the map was changed meanwhile, or is being changed; 77 no permission; 78 postconf refuses the configuration; 130 interrupted.'
  static override examples = [
    '<%= config.bin %> postfix optimize-regexp regexp:/etc/postfix/transport.regexp > small',
    '<%= config.bin %> postfix optimize-regexp pcre:/etc/postfix/users -o users.small',
    '<%= config.bin %> postfix optimize-regexp regexp:transport --in-place --dry-run',
  ]
  static override args = {map: mapArgument}
  static override flags = {
    ...mapFlags,
    output: Flags.string({char: 'o', description: 'write the new map here, with owner and mode of the old one', helpValue: 'FILE', exclusive: ['in-place']}),
    force: Flags.boolean({description: 'replace what is there already', dependsOn: ['output']}),
    'in-place': Flags.boolean({description: 'replace the map itself; can be undone'}),
    reload: Flags.boolean({description: 'reload Postfix after it, and after its undo', dependsOn: ['in-place']}),
    goal: Flags.option({options: ['balanced', 'memory', 'speed', 'readable'] as const, description: 'what matters most', default: 'balanced' as const})(),
    to: Flags.option({options: ['regexp', 'pcre'] as const, description: 'write it for the other engine, where that is proven'})(),
    processes: Flags.integer({description: 'reckon with so many processes that hold the map', min: 1}),
    measure: Flags.boolean({description: 'measure real processes too: postmap holding the map'}),
    budget: Flags.integer({description: 'seconds for rewriting and proof; what is proven by then is written', min: 1, default: 120}),
    'postmap-seconds': Flags.integer({description: 'seconds to ask the real postmap; 1 up to 2,000 rules, else 10; 0: not at all', min: 0}),
  }

  override async run(): Promise<OptimizeDocument> {
    const {args, flags} = await this.parse(OptimizeRegexp)
    this.listen(flags)
    const instance = instanceOnce(flags['config-dir'])
    const map = await loadMap(args.map, {type: flags.type, instance})
    this.#refuse(map, flags)
    if (flags.reload && !flags['dry-run']) await needRunning(postfixCommand('status', flags))
    const known = await this.#instance(instance, flags['config-dir'])
    const work = await this.#optimize(map, known, flags)
    const plan = this.#plan(map, work, flags)
    const document = await this.#document(map, known, {...work, plan, flags})
    for (const line of reportLines(document)) this.say(line)
    if (plan !== undefined) await this.#write(plan, document, flags)
    else if (document.output !== null && 'text' in document.output && !this.jsonEnabled()) writeTable(document.output.text)
    return document
  }

  #refuse({reference, engine}: LoadedMap, flags: OptimizeFlags): void {
    if (flags['in-place'] && reference.kind === 'inline')
      throw new OpsError('USAGE', 'a table in main.cf itself cannot be replaced in place', {exit: 'usage', hint: 'leave out --in-place and edit main.cf'})
    if (flags['in-place'] && flags.to !== undefined && flags.to !== engine)
      throw new OpsError('USAGE', `--to ${flags.to} with --in-place: main.cf would still name it ${engine}:`, {
        exit: 'usage', hint: `-o FILE, then name ${flags.to}:FILE in main.cf`,
      })
  }

  async #instance(read: () => Promise<Instance | undefined>, named: string | undefined): Promise<Instance | undefined> {
    try {
      const instance = await read()
      for (const directory of instance === undefined || named !== undefined ? [] : otherInstances(instance.configuration))
        this.say(`another instance of Postfix: --config-dir ${directory}`)
      return instance
    } catch (error) {
      if (named !== undefined) throw error
      // The map can be optimised without the configuration, which nobody asked about.
      this.warn(error as Error)
      return undefined
    }
  }

  async #optimize(map: LoadedMap, instance: Instance | undefined, flags: OptimizeFlags): Promise<Work> {
    const forbidSubstitution = instance !== undefined && placeOf(instance, map.reference).forbidSubstitution.length > 0
    const before = withDoubts(parseTable(map.source, {engine: map.engine, forbidSubstitution}))
    const start = this.#start(before, flags)
    const progress = this.progress('optimising')
    try {
      const proven = await optimizeProven(start.table, start.text, {
        goal: flags.goal,
        budgetSeconds: flags.budget,
        postmapSeconds: flags['postmap-seconds'] ?? (ruleCount(before) <= FAST_RULES ? POSTMAP_SECONDS.few : POSTMAP_SECONDS.many),
        forbidSubstitution,
        original: {table: before, source: map.source},
        stage: what => this.detail(what),
      })
      if (proven.outOfTime) this.warn(`time ran short: not all was tried within --budget ${flags.budget}; what is proven is used, and a greater one may find more`)
      return {before, proven, forbidSubstitution}
    } finally {
      progress.end()
    }
  }

  #start(table: Table, {to, budget}: OptimizeFlags): {table: Table; text: string} {
    if (to === undefined || to === table.engine) return {table, text: table.entries.map(({source}) => source).join('')}
    const until = performance.now() + budget * CONVERT_SHARE * 1_000
    const converted = convertDialect(table, to, () => performance.now() > until)
    if (!('refused' in converted)) return converted
    for (const {line, reason} of converted.refused) this.say(`line ${line}: ${reason}`)
    throw new OpsError('NOT_CONVERTED', `${plural(converted.refused.length, 'rule')} cannot be shown to mean the same in ${to}:, first line ${converted.refused[0]!.line}: ${converted.refused[0]!.reason}`, {exit: 'badData'})
  }

  #plan({reference, source}: LoadedMap, {before, proven}: Work, flags: OptimizeFlags): Plan | undefined {
    const {text} = proven.optimized
    const file = reference.kind === 'file' ? {path: reference.path, text: source} : undefined
    const why = `${ruleCount(before)} rules become ${ruleCount(proven.optimized.table)}`
    if (flags.output !== undefined) return outputPlan(flags.output, {source: file, text, why}, {force: flags.force})
    if (!flags['in-place'] || file === undefined || text === source) return undefined
    return inPlacePlan({source: file, text, why}, {reload: flags.reload ? postfixCommand('reload', flags) : undefined})
  }

  async #document(
    {name, engine, source, reference}: LoadedMap,
    instance: Instance | undefined,
    {before, proven, forbidSubstitution, flags, plan}: Work & {flags: OptimizeFlags; plan: Plan | undefined},
  ): Promise<OptimizeDocument> {
    const {text, table: after} = proven.optimized
    const holders = instance === undefined ? undefined : placeOf(instance, reference).holders
    const measured = flags.measure ? await this.#measure({before, source, after, text}, instance) : []
    // Patterns of huge repetitions take as long to reckon as they take memory.
    const until = performance.now() + flags.budget * MODEL_SHARE * 1_000
    // As Postfix reads them: of patterns that are left alone for their size the tables above no longer know what they cost.
    const [old, now] = [parseTable(source, {engine, forbidSubstitution}), parseTable(text, {engine: after.engine, forbidSubstitution})]
    const memory = memoryReport({before: old, after: now, measured, holders, processes: flags.processes, stop: () => performance.now() > until})
    const path = reference.kind === 'file' ? reference.path : name
    // For main.cf and cron, which stand elsewhere.
    const whole = reference.kind === 'file' ? resolve(path) : name
    return {
      map: name,
      type: flags.to ?? engine,
      rules: {before: ruleCount(before), after: ruleCount(after)},
      memory,
      proof: proofReport(proven),
      rewrites: rewritesOf(proven.optimized),
      kept: keptOf(proven.optimized),
      findings: findingsOf(before.findings, path),
      hints: [
        ...(isMailmans(source) && text !== source ? mailmanHints({engine, path: whole, how: howOf(flags), reload: postfixCommand('reload', flags)}) : []),
        ...alternatives(after, {name: `${flags.to ?? engine}:${whole}`, memory, holders: holders ?? [], processes: flags.processes}),
      ],
      output: flags.output !== undefined ? {path: flags.output} : flags['in-place'] ? (plan === undefined ? null : {path}) : {text},
    }
  }

  async #measure(
    {before, source, after, text}: {before: Table; source: string; after: Table; text: string},
    instance: Instance | undefined,
  ): Promise<{cold: number; warm: number; keys: number}[]> {
    const keys = tableKeys(before)
    const configDirectory = instance?.configuration.directory
    const [old] = await measureTables([source], {engine: before.engine, keys, configDirectory})
    const [now] = await measureTables([text], {engine: after.engine, keys, configDirectory})
    return [old!, now!]
  }

  async #write(plan: Plan, document: OptimizeDocument, flags: OptimizeFlags): Promise<void> {
    const yes = flags.yes || flags.output !== undefined
    const applied = await this.carryOut(plan, {dryRun: flags['dry-run'], yes, waitMs: LOCK_WAIT_MS})
    if (applied === null) return
    const where = document.output !== null && 'path' in document.output ? document.output.path : ''
    this.say(`${where} written; journal ${applied.journalId}; take it back with: mailops undo ${applied.journalId}`)
    if (flags['in-place'] && !flags.reload) this.say(`Postfix goes on with the old map until: ${postfixCommand('reload', flags).join(' ')}`)
  }
}

/** What of the options another run needs for the same map. */
const howOf = ({goal, to, 'config-dir': named}: OptimizeFlags): string[] => [
  ...(goal === 'balanced' ? [] : ['--goal', goal]),
  ...(to === undefined ? [] : ['--to', to]),
  ...(askedDirectory(named) === undefined ? [] : ['--config-dir', askedDirectory(named)!]),
]

interface OptimizeFlags {
  readonly output?: string | undefined
  readonly force: boolean
  readonly 'in-place': boolean
  readonly reload: boolean
  readonly goal: 'balanced' | 'memory' | 'speed' | 'readable'
  readonly to?: 'regexp' | 'pcre' | undefined
  readonly processes?: number | undefined
  readonly measure: boolean
  readonly budget: number
  readonly 'postmap-seconds'?: number | undefined
  readonly 'config-dir'?: string | undefined
  readonly 'dry-run': boolean
  readonly yes: boolean
}

interface Work {
  readonly before: Table
  /** Postfix skips rules with $n here. */
  readonly forbidSubstitution: boolean
  readonly proven: Proven
}

/** `postfix WORD` for the instance of this run: its undo may run where MAIL_CONFIG says something else. */
const postfixCommand = (word: 'reload' | 'status', flags: OptimizeFlags): [string, ...string[]] => {
  const directory = askedDirectory(flags['config-dir'])
  return ['postfix', ...(directory === undefined ? [] : ['-c', directory]), word]
}

const proofReport = ({verdict, proof, postmap, doubts}: Proven): ProofReport => ({
  verdict,
  method: proof?.method ?? null,
  states: proof?.states ?? 0,
  postmap: postmap === undefined ? null : {keys: postmap.keys, differences: postmap.differences.length, notReached: postmap.notReached},
  doubts,
})
