// mailops postfix convert-regexp: a pattern map as an indexed one.
import {Flags} from '@oclif/core'

import {OpsError, plural} from 'mailops'
import {cleanedUp} from 'mailops/effects'

import {AUTOMATON_LIMITS} from '../../automaton/ruleset.js'
import {nearMisses} from '../../automaton/witness.js'
import {type Converted, convertTable, INDEXED_TYPES, type IndexedType} from '../../convert/convert.js'
import {
  buildIndex,
  checkOutput,
  compareWithIndex,
  indexFile,
  type Instance,
  instanceOnce,
  type LoadedMap,
  loadMap,
  needTableType,
  removeOutput,
  type Verified,
  writeOutput,
} from '../../effects/index.js'
import {MapCommand} from '../../map-command.js'
import {mapArgument, mapFlags} from '../../map-flags.js'
import {withDoubts} from '../../rewrite/doubt.js'
import {parseTable} from '../../table/parse.js'

interface Document {
  readonly map: string
  readonly type: string
  readonly to: IndexedType
  readonly keys: number
  readonly recipientDelimiter: string
  readonly verified: {readonly keys: number; readonly differences: 0} | null
  readonly output: {readonly path: string; readonly index: string} | {readonly text: string}
}

/** How many keys are asked of both tables. */
const VERIFIED_KEYS = 100_000
/** Even when listing has used up the budget: what was written is never left unlooked at. */
const LEAST_VERIFYING_MS = 3_000

/** What is written. */
interface Target {
  readonly path: string
  readonly to: IndexedType
  readonly configDirectory: string | undefined
  /** The end of the budget, by the clock of the process. */
  readonly until: number
}

export default class ConvertRegexp extends MapCommand {
  static override summary = 'a regexp: or pcre: map as an indexed table that answers the same'
  static override description =
    'Lists all keys that the map answers, where there is an end to them, and writes them as the source of an indexed table; ' +
    'with -o the index is built too and both are asked for all keys. An indexed table is asked in lower case and for parts of ' +
    'an address, so the map must tell no cases apart and answer whole addresses only, and recipient_delimiter (from main.cf) ' +
    'must be empty; else the rule that prevents it is named. --budget bounds the listing and the looking up; how long postmap ' +
    'takes to build the index is its own affair.\n\n' +
    'Exit status: 0 converted; 1 it cannot be; 64 usage, or a map of unknown type; 65 not a table; 66 no such file; ' +
    '69 no such tables in this Postfix; 73 the output exists; 74 postmap refuses; 77 no permission.'
  static override examples = [
    '<%= config.bin %> postfix convert-regexp regexp:/etc/postfix/users --to cdb -o users',
    '<%= config.bin %> postfix convert-regexp pcre:/etc/postfix/relay.pcre --to texthash',
    "<%= config.bin %> postfix convert-regexp /etc/postfix/lists.regexp --to lmdb \\\n    --recipient-delimiter ''",
  ]
  static override args = {map: mapArgument}
  static override flags = {
    ...mapFlags,
    to: Flags.option({options: INDEXED_TYPES, description: 'type of the indexed table', required: true})(),
    output: Flags.string({char: 'o', description: 'write the source here and build its index; else it goes to stdout', helpValue: 'FILE'}),
    force: Flags.boolean({description: 'overwrite the output'}),
    'recipient-delimiter': Flags.string({description: "what main.cf says; '' when no address has an extension", helpValue: 'CHARS'}),
    budget: Flags.integer({description: 'seconds to list the keys, and to look them up in both tables', min: 1, default: 60}),
    'max-keys': Flags.integer({description: 'give up beyond so many keys', min: 1, default: 1_000_000}),
  }

  override async run(): Promise<Document> {
    const {args, flags} = await this.parse(ConvertRegexp)
    this.listen(flags)
    const until = performance.now() + flags.budget * 1_000
    const instance = instanceOnce(flags['config-dir'])
    const map = await loadMap(args.map, {type: flags.type, instance})
    // What main.cf would be asked for may have been told.
    const known = flags['recipient-delimiter'] === undefined ? await instance() : await this.instanceOrWarning(instance, flags['config-dir'])
    const like = map.reference.kind === 'file' ? map.reference.path : undefined
    const {output, force} = flags
    const configDirectory = known?.configuration.directory
    if (output !== undefined) {
      // An index that is in use may stand there without its source.
      for (const path of new Set([output, indexFile(output, flags.to)])) checkOutput(path, {like, force})
      await needTableType(flags.to, {configDirectory})
    }
    const recipientDelimiter = flags['recipient-delimiter'] ?? delimiterOf(known)
    const converted = this.#convert(map, {recipientDelimiter, keys: flags['max-keys'], until})
    const document = {map: map.name, type: map.engine, to: flags.to, keys: converted.entries.length, recipientDelimiter}
    if (output === undefined) {
      for (const line of converted.text.split('\n').slice(0, -1)) this.data(line)
      this.say(plural(document.keys, 'key'))
      return {...document, verified: null, output: {text: converted.text}}
    }
    const verified = await this.#write(map, converted, {path: output, like, force, to: flags.to, configDirectory, until})
    this.say(`${plural(document.keys, 'key')} in ${flags.to}:${output}${verified === null ? '' : `; ${plural(verified.keys, 'key')} looked up in both, no difference`}`)
    return {...document, verified, output: {path: output, index: indexFile(output, flags.to)}}
  }

  #convert({engine, source, name}: LoadedMap, {recipientDelimiter, keys, until}: {recipientDelimiter: string; keys: number; until: number}): Converted {
    const progress = this.progress('listing the keys')
    try {
      const converted = convertTable(withDoubts(parseTable(source, {engine})), {
        automaton: {...AUTOMATON_LIMITS, stop: () => performance.now() > until},
        keys,
        recipientDelimiter,
      })
      if ('entries' in converted) return converted
      const {code, line, message, hint} = converted
      const where = line === undefined ? name : `${name}, line ${line}`
      throw new OpsError(`CONVERT_${code.toUpperCase().replaceAll('-', '_')}`, `${where}: ${message}`, {
        exit: 'found',
        ...(hint !== undefined && {hint}),
      })
    } finally {
      progress.end()
    }
  }

  async #write(
    {engine, source}: LoadedMap,
    {entries, text}: Converted,
    {like, force, ...target}: Target & {like: string | undefined; force: boolean},
  ): Promise<{keys: number; differences: 0} | null> {
    const {path, to, configDirectory} = target
    writeOutput(path, text, {like, force})
    const kept = cleanedUp(() => removeOutput(path, to))
    try {
      await buildIndex(path, to, {configDirectory})
      return await this.#verify({engine, source}, entries, target)
    } catch (error) {
      // What does not answer as the map did must not be found and used.
      removeOutput(path, to)
      throw error
    } finally {
      kept()
    }
  }

  async #verify(
    {engine, source}: Pick<LoadedMap, 'engine' | 'source'>,
    entries: Converted['entries'],
    {path, to, configDirectory, until}: Target,
  ): Promise<{keys: number; differences: 0} | null> {
    const hits = entries.slice(0, VERIFIED_KEYS).map(([key]) => key)
    const keys = hits.flatMap(key => [key, key.toUpperCase(), ...nearMisses(key)]).slice(0, VERIFIED_KEYS)
    const progress = this.progress('asking both tables')
    try {
      const milliseconds = Math.max(LEAST_VERIFYING_MS, until - performance.now())
      const verified = await compareWithIndex(keys, {engine, source, path, type: to, configDirectory, milliseconds})
      if (verified !== undefined && verified.differences.length > 0) throw differs(verified, path)
      if (verified === undefined) this.warn(`${path} was not compared with the map: there is no postmap here that knows ${engine}: tables`)
      const tooSlow = verified?.keys === 0 && keys.length > 0
      if (tooSlow) this.warn(`${path} was not compared with the map: postmap answers no key of the map in time`)
      return verified === undefined || tooSlow ? null : {keys: verified.keys, differences: 0}
    } finally {
      progress.end()
    }
  }
}

const differs = ({differences}: Verified, path: string): OpsError =>
  new OpsError('MAPS_DIFFER', `${path} answers ${differences[0]} otherwise than the map (${plural(differences.length, 'key')} in all): our bug; it was removed again`, {exit: 'bug'})

const delimiterOf = (instance: Instance | undefined): string => {
  const delimiter = instance?.configuration.parameters.get('recipient_delimiter')
  if (delimiter !== undefined) return delimiter
  throw new OpsError('USAGE', 'recipient_delimiter is not known: there is no main.cf to read', {
    exit: 'usage',
    hint: "--config-dir DIR, or --recipient-delimiter '' (or + ...)",
  })
}
