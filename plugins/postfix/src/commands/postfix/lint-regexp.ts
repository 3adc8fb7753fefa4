// mailops postfix lint-regexp: what is wrong with pattern tables.
import {basename} from 'node:path'

import {Args, Flags} from '@oclif/core'

import {EXIT, plural, terminalSafe} from 'mailops'

import {AUTOMATON_LIMITS, type AutomatonLimits} from '../../automaton/ruleset.js'
import {cannotAsk, confirmed, hasEngine, type Instance, instanceOnce, type LoadedMap, loadMap, placeOf, unforeseenWarnings} from '../../effects/index.js'
import {LINT_CODES, type LintFinding, lintTable, sorted} from '../../lint/index.js'
import {MapCommand} from '../../map-command.js'
import {mapFlags} from '../../map-flags.js'
import {parseTable} from '../../table/parse.js'

/** One rule may use so much of the automata. */
const RULE_LIMITS: AutomatonLimits = {...AUTOMATON_LIMITS, states: 600_000, integers: 50_000_000}

export default class LintRegexp extends MapCommand {
  static override summary = 'what is wrong with regexp: and pcre: maps'
  static override description =
    'Reads each map as Postfix does and names what it would warn about, what it would not, and what costs: rules that are ' +
    'skipped, ifs that guard nothing, the flag i, \\d in regexp:, rules that other rules shadow (decided by automata), ' +
    'catastrophic backtracking (tried on the real engine), oversized patterns and more. What depends on the use of a map, ' +
    'such as $1 where Postfix forbids it, is judged by the parameters of main.cf that name it.\n\n' +
    `Codes: ${LINT_CODES.join(', ')}.\n\n` +
    'Exit status: 0 nothing found; 1 something found; 64 usage, or a map of unknown type; 65 not a table; 66 no such file; ' +
    '77 no permission; 78 postconf refuses the configuration.'
  static override examples = [
    '<%= config.bin %> postfix lint-regexp regexp:/etc/postfix/transport.regexp',
    '<%= config.bin %> postfix lint-regexp pcre:header_checks pcre:body_checks',
    '<%= config.bin %> postfix lint-regexp access.pcre --ignore unescaped-dot --json',
  ]
  static override strict = false
  static override args = {
    map: Args.string({
      name: 'MAP',
      description: 'regexp:FILE, pcre:FILE, a table in braces as in main.cf, or a file; one or more',
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...mapFlags,
    ignore: Flags.option({options: LINT_CODES, multiple: true, multipleNonGreedy: true, description: 'leave out findings of this code', helpValue: 'CODE'})(),
    postmap: Flags.boolean({description: 'ask the real postmap too, where there is one', default: true, allowNo: true}),
    budget: Flags.integer({description: 'look for shadowed rules for so many seconds a map', min: 0, default: 30}),
  }

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {argv, flags} = await this.parse(LintRegexp)
    this.listen(flags)
    const instance = instanceOnce(flags['config-dir'])
    const known = await this.instanceOrWarning(instance, flags['config-dir'])
    let found = 0
    for (const argument of argv as string[]) {
      const map = await loadMap(argument, {type: flags.type, instance})
      const findings = (await this.#lint(map, known, flags)).filter(
        ({code}) => flags.ignore?.includes(code) !== true,
      )
      found += findings.length
      for (const finding of findings) this.#show(map, finding)
    }
    this.say(found === 0 ? 'nothing found' : plural(found, 'finding'))
    if (found > 0) process.exitCode = EXIT.found
  }

  async #lint(
    {engine, source, name, reference}: LoadedMap,
    instance: Instance | undefined,
    {postmap, budget}: {postmap: boolean; budget: number},
  ): Promise<LintFinding[]> {
    const place = instance === undefined ? undefined : placeOf(instance, reference)
    const forbidden = place?.forbidSubstitution ?? []
    const table = parseTable(source, {engine, forbidSubstitution: forbidden.length > 0})
    const progress = this.progress(`looking at ${name}`)
    try {
      const end = performance.now() + budget * 1000
      const limits = {...RULE_LIMITS, stop: () => performance.now() > end}
      const file = reference.kind === 'file' ? basename(reference.path) : undefined
      const use = {file, parameters: place?.parameters, forbidSubstitution: forbidden}
      const {findings, suspicions, undecided} = lintTable(table, use, limits)
      if (undecided.length > 0)
        this.say(
          `${name}: whether ${plural(undecided.length, 'rule')} can ever answer was not decided (line ${undecided[0]} first)` +
            (performance.now() > end ? '; a greater --budget gives it more time' : ''),
        )
      const alone = sorted([...findings, ...suspicions.map(({finding}) => finding)])
      if (!postmap || !hasEngine()) return alone
      try {
        const where = {configDirectory: instance?.configuration.directory}
        const backtracking = await confirmed(table, suspicions, where)
        const unforeseen = await unforeseenWarnings(table, {source, ...where})
        return sorted([...findings, ...backtracking, ...unforeseen])
      } catch (error) {
        // A Postfix without these tables (postfix-pcre is a package of its own) cannot be asked; the rest is judged all the same.
        if (!cannotAsk(error)) throw error
        this.warn(error)
        return alone
      }
    } finally {
      progress.end()
    }
  }

  #show({name, reference}: LoadedMap, finding: LintFinding): void {
    this.row({map: name, ...finding})
    const {code, severity, line, message, hint} = finding
    const place = terminalSafe(reference.kind === 'file' ? reference.path : name)
    this.data(`${place}:${line}: ${severity}: ${terminalSafe(message)} [${code}]${hint === undefined ? '' : `\n  ${terminalSafe(hint)}`}`)
  }
}
