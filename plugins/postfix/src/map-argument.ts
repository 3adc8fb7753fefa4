// What a person may type as MAP: type:file as in main.cf, a table in place, or just a file.
import {OpsError} from 'mailops/core'

import {inlineTable, isInlineTable} from './table/inline.js'
import type {Engine} from './table/pattern-use.js'

/** A table that can be read. */
export type MapReference =
  | {readonly kind: 'file'; readonly engine: Engine; readonly path: string}
  /** A table that stands in main.cf itself, as the lines of the file it stands for. */
  | {readonly kind: 'inline'; readonly engine: Engine; readonly source: string; readonly name: string}

/** A file of which the argument does not tell the type; `guess` is what its extension says. */
export interface UntypedMap {
  readonly kind: 'untyped'
  readonly path: string
  readonly guess: Engine | undefined
}

const EXTENSIONS: Readonly<Record<string, Engine>> = {regexp: 'regexp', regex: 'regexp', re: 'regexp', pcre: 'pcre', pcre2: 'pcre'}

/** Reads a MAP argument. `type` is --type. NO_PATTERN_TABLE (64) for a type that has no patterns. */
export const readMapArgument = (argument: string, type?: Engine): MapReference | UntypedMap => {
  const typed = /^(?:proxy:)?([a-z][a-z0-9_]*):(.*)$/s.exec(argument)
  if (typed === null) return untyped(argument, type)
  const [, written, name] = typed as unknown as [string, string, string]
  if (written !== 'regexp' && written !== 'pcre')
    throw new OpsError('NO_PATTERN_TABLE', `${argument}: ${written}: tables have no patterns`, {
      exit: 'usage',
      hint: 'regexp:FILE or pcre:FILE',
    })
  if (type !== undefined && type !== written)
    throw new OpsError('USAGE', `${argument}: --type ${type} says otherwise`, {exit: 'usage', hint: `${type}:${name}`})
  if (name === '') throw noFile(argument)
  return typedMap(written, name)
}

const typedMap = (engine: Engine, name: string): MapReference =>
  isInlineTable(name)
    ? {kind: 'inline', engine, source: inlineTable(name), name: `${engine}:${name}`}
    : {kind: 'file', engine, path: name}

const untyped = (path: string, type: Engine | undefined): MapReference | UntypedMap => {
  if (path === '') throw noFile(path)
  if (type !== undefined) return typedMap(type, path)
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  return {kind: 'untyped', path, guess: Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined}
}

const noFile = (argument: string): OpsError =>
  new OpsError('USAGE', `'${argument}' names no file`, {exit: 'usage', hint: 'regexp:FILE or pcre:FILE'})

/**
 * Decides the type of a file: its extension, confirmed by what main.cf says of it, or main.cf alone. A wrong type would
 * make every figure wrong, so that doubt is MAP_TYPE (64).
 * @param named types under which the configuration names the file
 */
export const decideType = ({path, guess}: UntypedMap, named: readonly Engine[]): MapReference => {
  const types = [...new Set(named)]
  if (types.length > 1) throw unsure(path, 'the configuration names it both as regexp: and as pcre:')
  const [type] = types
  if (guess !== undefined && type !== undefined && guess !== type)
    throw unsure(path, `it is named like a ${guess}: table, but the configuration uses it as ${type}:`)
  const engine = type ?? guess
  if (engine === undefined) throw unsure(path, 'neither its name nor the configuration tells')
  return {kind: 'file', engine, path}
}

const unsure = (path: string, reason: string): OpsError =>
  new OpsError('MAP_TYPE', `is ${path} a regexp: or a pcre: table? ${reason}`, {
    exit: 'usage',
    hint: `regexp:${path} or pcre:${path}`,
  })

/** Returns a map as main.cf would name it. */
export const mapName = (map: MapReference): string => (map.kind === 'file' ? `${map.engine}:${map.path}` : map.name)
