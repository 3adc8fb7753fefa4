// From the MAP argument to the table.
import {closeSync, constants, fstatSync, openSync, readFileSync} from 'node:fs'

import {fromSystem, OpsError} from 'mailops/core'

import {typesOf} from '../configuration/uses.js'
import {decideType, mapName, type MapReference, readMapArgument} from '../map-argument.js'
import type {Engine} from '../table/pattern-use.js'
import {TABLE_LIMITS} from '../table/parse.js'
import {type Instance, isFile, readInstance} from './configuration/read.js'

/** A MAP that was read. */
export interface LoadedMap {
  readonly reference: MapReference
  readonly engine: Engine
  /** As main.cf would name it. */
  readonly name: string
  /** The table, latin1 text. */
  readonly source: string
}

/**
 * Finds out the type of a MAP argument and reads the table. The configuration is asked only where the argument leaves
 * the type open.
 */
export const loadMap = async (
  argument: string,
  {type, instance}: {type?: Engine | undefined; instance: () => Promise<Instance | undefined>},
): Promise<LoadedMap> => {
  const read = readMapArgument(argument, type)
  const reference = read.kind === 'untyped' ? decideType(read, await namedTypes(read.path, instance)) : read
  const source = reference.kind === 'inline' ? reference.source : readTable(reference.path)
  return {reference, engine: reference.engine, name: mapName(reference), source}
}

const namedTypes = async (path: string, instance: () => Promise<Instance | undefined>): Promise<Engine[]> => {
  const known = await instance()
  if (known === undefined) return []
  const is = isFile(known.configuration, path)
  return typesOf(known.uses, name => is({name}))
}

/** The instance, read when it is first asked for. */
export const instanceOnce = (directory: string | undefined): (() => Promise<Instance | undefined>) => {
  let instance: Promise<Instance | undefined> | undefined
  return () => (instance ??= readInstance(directory))
}

/** The bytes of a table as latin1 text. Links are followed, as Postfix does; only a plain file is a table. */
const readTable = (path: string): string => {
  let fd: number | undefined
  try {
    // A FIFO would keep us waiting for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    if (!stat.isFile())
      throw new OpsError('NOT_A_FILE', `${path} is not a plain file`, {exit: stat.isDirectory() ? 'noInput' : 'badData'})
    if (stat.size > TABLE_LIMITS.tableBytes)
      throw new OpsError('TABLE_TOO_BIG', `${path} has ${stat.size} bytes, more than the limit of ${TABLE_LIMITS.tableBytes}`, {
        exit: 'badData',
      })
    return readFileSync(fd, 'latin1')
  } catch (error) {
    throw fromSystem(error, 'read', path)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
