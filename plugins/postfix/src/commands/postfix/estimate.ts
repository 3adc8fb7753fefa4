// mailops postfix estimate: what a map costs the processes that hold it.
import {Flags} from '@oclif/core'

import {measureTables, placeOf, loadMap, instanceOnce, type Instance, type LoadedMap} from '../../effects/index.js'
import {estimateDocument, type EstimateDocument} from '../../estimate/document.js'
import {estimateLines} from '../../estimate/text.js'
import {MapCommand} from '../../map-command.js'
import {mapArgument, mapFlags} from '../../map-flags.js'
import {estimateTable} from '../../memory/table-estimate.js'
import {tableKeys} from '../../memory/table-keys.js'
import {parseTable} from '../../table/parse.js'

export default class Estimate extends MapCommand {
  static override summary = 'what a regexp: or pcre: map costs the processes that hold it'
  static override description =
    'Tells the heap that a process needs for the map, above one with an empty map: cold, when it has been loaded, and warm, ' +
    'after keys that go through all patterns (glibc builds its tables while it matches and never frees them). The model ' +
    'follows the allocations of glibc 2.36 and PCRE2 10.42 on 64-bit machines; --measure asks real processes. Daemons are ' +
    'those that main.cf and master.cf give the map; without --processes they count as many as run now, or as master.cf allows ' +
    'where Postfix does not run.\n\n' +
    'Exit status: 0 told; 64 usage, or a map of unknown type; 65 not a table; 66 no such file; 69 --measure without postmap; ' +
    '75 --measure took too long; 77 no permission; 78 postconf refuses the configuration.'
  static override examples = [
    '<%= config.bin %> postfix estimate regexp:/etc/postfix/transport.regexp',
    '<%= config.bin %> postfix estimate pcre:/etc/postfix/users --processes 150 --measure',
    '<%= config.bin %> postfix estimate /etc/postfix/body_checks --type pcre --top 5 --json',
  ]
  static override args = {map: mapArgument}
  static override flags = {
    ...mapFlags,
    processes: Flags.integer({description: 'reckon with so many processes that hold the map', min: 1}),
    measure: Flags.boolean({description: 'measure real processes too: postmap holding the map'}),
    budget: Flags.integer({description: 'seconds for the model; what is left then is guessed', min: 1, default: 60}),
    top: Flags.integer({description: 'show so many of the most expensive rules', min: 0, default: 20}),
  }

  override async run(): Promise<EstimateDocument> {
    const {args, flags} = await this.parse(Estimate)
    this.listen(flags)
    const instance = instanceOnce(flags['config-dir'])
    const map = await loadMap(args.map, {type: flags.type, instance})
    const document = await this.#document(map, await this.instanceOrWarning(instance, flags['config-dir']), flags)
    for (const line of estimateLines(document, this.width)) this.data(line)
    if (document.memory.machine === null) this.say('no Postfix configuration here: --processes tells how many processes hold the map')
    return document
  }

  async #document(
    {name, engine, source, reference}: LoadedMap,
    instance: Instance | undefined,
    flags: {processes?: number | undefined; measure: boolean; budget: number; top: number; 'config-dir'?: string | undefined},
  ): Promise<EstimateDocument> {
    const place = instance === undefined ? undefined : placeOf(instance, reference)
    const table = parseTable(source, {engine})
    for (const {line, message} of table.findings) this.detail(`${name}, line ${line}: ${message}`)
    const progress = this.progress('reckoning')
    try {
      const until = performance.now() + flags.budget * 1_000
      const estimate = estimateTable(table, {stop: () => performance.now() > until})
      const [measured = null] = flags.measure
        ? await measureTables([source], {engine, keys: tableKeys(table), configDirectory: instance?.configuration.directory})
        : []
      return estimateDocument({
        map: name,
        table,
        bytes: source.length,
        estimate,
        measured,
        holders: place?.holders,
        processes: flags.processes,
        top: flags.top,
      })
    } finally {
      progress.end()
    }
  }
}
