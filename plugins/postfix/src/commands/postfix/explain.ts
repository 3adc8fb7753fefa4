// mailops postfix explain: which rule answers an address, and why.
import {Flags} from '@oclif/core'

import {OpsError, plural} from 'mailops'

import {explainKeys, type ExplainOptions, instanceOnce, linesOfStandardInput, loadMap, placeOf} from '../../effects/index.js'
import {type Explanation, sameAnswer} from '../../explain/explain.js'
import {type Explained, explainedLines} from '../../explain/text.js'
import {MapCommand} from '../../map-command.js'
import {mapArgument, mapFlags} from '../../map-flags.js'
import {type Optimized, optimizeTable} from '../../rewrite/optimize.js'
import type {Table} from '../../table/entry.js'
import {parseTable} from '../../table/parse.js'

/** Of the budget, for asking postmap about the map as it is. */
const ORIGINAL_SHARE = 0.5
/** Postmap is asked for so long at least: opening a big map takes a moment. */
const LEAST_MS = 1_000

/** Runs from the start of the command. */
interface Clock {
  /** Milliseconds left of the budget; below 0 when it is used up. */
  readonly left: () => number
}

const budgetOf = (seconds: number): Clock => {
  const until = performance.now() + seconds * 1_000
  return {left: () => until - performance.now()}
}

export default class Explain extends MapCommand {
  static override summary = 'which rule of a map answers an address, and why'
  static override description =
    'Looks each address (or any other key) up in the map and in the map as optimize-regexp would write it: the rule that ' +
    'answers, the ifs it stands in, what $1, $2 ... hold, and the lines of the original that an optimised rule stands for. ' +
    'Where only the engine can tell (back references, lookaround), the real postmap is asked; it also checks the rest. Keys ' +
    'are looked up as given; Postfix itself folds none for these maps, but match lists such as mydestination lower their case ' +
    'first.\n\n' +
    'Exit status: 0 explained; 64 usage, or a map of unknown type; 65 not a table; 66 no such file; 70 the maps answer ' +
    'differently, which must not be; 77 no permission.'
  static override examples = [
    '<%= config.bin %> postfix explain regexp:/etc/postfix/transport dev-join@lists.example',
    '<%= config.bin %> postfix explain pcre:/etc/postfix/recipients - --json < addresses',
    '<%= config.bin %> postfix explain /etc/postfix/map.pcre a@example.com --no-optimized',
  ]
  static override strict = false
  static override args = {map: mapArgument}
  static override flags = {
    ...mapFlags,
    optimized: Flags.boolean({description: 'look into the optimised map too', default: true, allowNo: true}),
    postmap: Flags.boolean({description: 'ask the real postmap too, where there is one', default: true, allowNo: true}),
    budget: Flags.integer({description: 'seconds for optimising and for postmap together', min: 1, default: 20}),
  }

  protected override readonly isList = true

  override async run(): Promise<void> {
    const {argv, flags} = await this.parse(Explain)
    this.listen(flags)
    const clock = budgetOf(flags.budget)
    const [argument, ...words] = argv as [string, ...string[]]
    const instance = instanceOnce(flags['config-dir'])
    const map = await loadMap(argument, {type: flags.type, instance})
    const addresses = await addressesOf(words)
    const known = await this.instanceOrWarning(instance, flags['config-dir'])
    const forbidSubstitution = known !== undefined && placeOf(known, map.reference).forbidSubstitution.length > 0
    const table = parseTable(map.source, {engine: map.engine, forbidSubstitution})
    const useless = {postmap: false}
    const options: ExplainOptions = {
      postmap: flags.postmap,
      configDirectory: known?.configuration.directory,
      timeoutMs: Math.max(LEAST_MS, clock.left() * ORIGINAL_SHARE),
      timedOut: () => {
        useless.postmap = true
        this.warn('postmap was not done in time with this map, or within its memory: addresses that it had not come to are explained by our own reading')
      },
      unavailable: error => {
        useless.postmap = true
        this.warn(error)
      },
      contradicted: key => void this.warn(`postmap answers ${key} otherwise than our reading of the map; what postmap says is shown`),
    }
    const original = await explainKeys(table, addresses, options)
    const optimized = flags.optimized
      ? await this.#optimized(table, {
          addresses,
          // Where the map is too slow for postmap, so is the other most likely: one wait is enough.
          options: {...options, postmap: flags.postmap && !useless.postmap},
          clock,
          forbidSubstitution,
        })
      : undefined
    this.#show(addresses, original, optimized)
  }

  async #optimized(
    table: Table,
    {addresses, options, clock, forbidSubstitution}: {
      addresses: readonly string[]
      options: ExplainOptions
      clock: Clock
      forbidSubstitution: boolean
    },
  ): Promise<Explanation[]> {
    const progress = this.progress('optimising')
    try {
      const whole = clock.left()
      const optimized = optimizeTable(table, {forbidSubstitution, used: share => whole - clock.left() > share * whole})
      const explanations = await explainKeys(optimized.table, addresses, {...options, timeoutMs: Math.max(LEAST_MS, clock.left())})
      return explanations.map(explanation => withOrigin(table, optimized, explanation))
    } finally {
      progress.end()
    }
  }

  #show(addresses: readonly string[], original: readonly Explanation[], optimized: readonly Explanation[] | undefined): void {
    let different = 0
    for (const [at, address] of addresses.entries()) {
      const other = optimized?.[at] ?? null
      const same = other === null || original[at]!.verdict === 'unknown' || other.verdict === 'unknown' ? null : sameAnswer(original[at]!, other)
      const explained: Explained = {address, original: original[at]!, optimized: other, same}
      if (same === false) different++
      this.row(explained)
      for (const line of explainedLines(explained)) this.data(line)
    }
    if (different > 0)
      throw new OpsError('MAPS_DIFFER', `${plural(different, 'address', 'addresses')} would be answered otherwise by the optimised map: our bug`, {exit: 'bug'})
  }
}

const addressesOf = async (words: readonly string[]): Promise<string[]> => {
  if (words.length === 0)
    throw new OpsError('USAGE', 'no address to explain', {exit: 'usage', hint: 'give addresses after the map, or - for standard input'})
  const lists = words.map(async word => (word === '-' ? linesOfStandardInput() : [Buffer.from(word, 'utf8').toString('latin1')]))
  return (await Promise.all(lists)).flat()
}

const withOrigin = (table: Table, {table: after, origins}: Optimized, explanation: Explanation): Explanation => {
  if (explanation.line === undefined) return explanation
  const rules = after.entries.filter(({kind}) => kind === 'rule')
  const origin = origins[rules.findIndex(({line}) => line === explanation.line)]
  if (origin === undefined) return explanation
  return {...explanation, standsFor: origin.map(entry => table.entries[entry]!.line)}
}
