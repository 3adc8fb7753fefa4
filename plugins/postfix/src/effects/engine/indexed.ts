// Indexed tables: built by postmap(1), and asked whether they answer as the patterns did.
import {OpsError} from 'mailops/core'
import {find, need, removeIfThere, run} from 'mailops/effects'

import type {IndexedType} from '../../convert/convert.js'
import type {Engine} from '../../table/pattern-use.js'
import {openScratch} from '../measure/scratch.js'
import {askEngine, cannotAsk, type EngineAnswers, type Question} from './ask.js'

interface Where {
  readonly configDirectory?: string | undefined
}

/** What postmap(1) leaves beside the source. */
const SUFFIX: Readonly<Record<IndexedType, string>> = {cdb: '.cdb', lmdb: '.lmdb', hash: '.db', texthash: ''}

/** The file that daemons open. */
export const indexFile = (path: string, type: IndexedType): string => `${path}${SUFFIX[type]}`

/** Removes a source that was written and its index. */
export const removeOutput = (path: string, type: IndexedType): void => {
  removeIfThere(indexFile(path, type))
  removeIfThere(path)
}

/** Where Debian keeps the type; hash is in postfix itself, or left out with Berkeley DB. */
const INSTEAD: Readonly<Record<IndexedType, string>> = {
  cdb: 'on Debian: apt-get install postfix-cdb',
  lmdb: 'on Debian: apt-get install postfix-lmdb',
  hash: 'without Berkeley DB: --to lmdb or --to cdb',
  texthash: '--to lmdb or --to cdb',
}

/** NO_TABLE_TYPE (69) where this Postfix has no such tables. */
export const needTableType = async (type: IndexedType, {configDirectory}: Where): Promise<void> => {
  const postconf = need('postconf')
  const scratch = openScratch(configDirectory)
  try {
    const {stdout} = await run([postconf, '-m'], {env: scratch.environment, timeoutMs: TIMEOUT_MS, endsWithUs: true})
    if (stdout.split(/\s+/).includes(type)) return
    throw new OpsError('NO_TABLE_TYPE', `this Postfix has no ${type}: tables`, {
      exit: 'unavailable',
      hint: `postconf -m lists what it has; ${INSTEAD[type]}`,
    })
  } finally {
    scratch.close()
  }
}

const TIMEOUT_MS = 600_000

/** Builds the index of a source; nothing to do for texthash. POSTMAP (74) when postmap refuses. */
export const buildIndex = async (path: string, type: IndexedType, {configDirectory}: Where): Promise<void> => {
  if (type === 'texthash') return
  const scratch = openScratch(configDirectory)
  try {
    const {status, stderr} = await run([need('postmap'), `${type}:${path}`], {env: scratch.environment, timeoutMs: TIMEOUT_MS, endsWithUs: true})
    if (status === 0 && !/warning/.test(stderr)) return
    throw new OpsError('POSTMAP', `postmap ${type}:${path}: ${stderr.trim().split('\n')[0] ?? 'failed'}`, {exit: 'io'})
  } finally {
    scratch.close()
  }
}

export interface Verified {
  readonly keys: number
  /** Keys that both answer differently. */
  readonly differences: readonly string[]
}

const FIRST_BATCH = 1_000

/**
 * Asks both tables for the same keys, for about so many milliseconds; undefined where there is no postmap(1) that
 * knows such patterns. Keys that stand beside each other are asked in different batches, so that what is left out is left
 * out everywhere.
 */
export const compareWithIndex = async (
  keys: readonly string[],
  {engine, source, path, type, configDirectory, milliseconds}: Where & {
    engine: Engine
    source: string
    path: string
    type: IndexedType
    milliseconds: number
  },
): Promise<Verified | undefined> => {
  if (find('postmap') === null) return undefined
  const asked = spread([...new Set(keys)].filter(key => /^[\x21-\x7e]+$/.test(key) && key !== '-'))
  const deadline = performance.now() + milliseconds
  const left = (): number => deadline - performance.now()
  const differences: string[] = []
  let done = 0
  for (let size = FIRST_BATCH; done < asked.length && size > 0; ) {
    const began = performance.now()
    const batch = asked.slice(done, done + size)
    const patterns = await askOrNot({engine, source, keys: batch, configDirectory, timeoutMs: Math.max(1, Math.ceil(left()))})
    if (patterns === undefined) return undefined
    // What was cut off tells nothing about the keys that were not asked.
    if (patterns.timedOut) break
    const indexed = await askIndex(batch, {path, type, configDirectory})
    for (const key of batch) if (patterns.answers.get(key) !== indexed.get(key)) differences.push(key)
    done += batch.length
    size = Math.min(10 * size, Math.floor((batch.length / (performance.now() - began)) * left() * 0.8))
  }
  return {keys: done, differences}
}

const askOrNot = async (question: Question): Promise<EngineAnswers | undefined> => {
  try {
    return await askEngine(question)
  } catch (error) {
    // postfix-pcre is a package of its own: the listing of the keys stands without.
    if (cannotAsk(error)) return undefined
    throw error
  }
}

/** The same keys, neighbours apart from each other. */
const spread = (keys: readonly string[]): string[] => {
  const step = Math.max(1, Math.floor(keys.length / FIRST_BATCH))
  return Array.from({length: step}, (_, from) => keys.filter((__, at) => at % step === from)).flat()
}

const askIndex = async (
  keys: readonly string[],
  {path, type, configDirectory}: Where & {path: string; type: IndexedType},
): Promise<ReadonlyMap<string, string>> => {
  const scratch = openScratch(configDirectory)
  try {
    const {stdout} = await run([need('postmap'), '-q', '-', `${type}:${path}`], {
      input: Buffer.from(keys.map(key => `${key}\n`).join(''), 'latin1'),
      env: scratch.environment,
      timeoutMs: TIMEOUT_MS,
      endsWithUs: true,
    })
    return new Map(stdout.split('\n').filter(Boolean).map(line => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]))
  } finally {
    scratch.close()
  }
}
