// Reads what another greylisting program has kept.
import * as fs from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

import {fromSystem, OpsError} from 'mailops/core'

import {greylistdRecords, parseStates} from '../../exchange/greylistd.js'
import type {Imported, ImportTarget, LineReader} from '../../exchange/imported.js'
import {csvReader, jsonLine} from '../../exchange/lines.js'
import {postgreyReader} from '../../exchange/postgrey.js'
import {whitelistReader, type WhitelistFrom, type WhitelistOf} from '../../exchange/whitelist.js'
import {textOfLatin1} from '../../protocol/bytes.js'
import {readJgreylist, readQgreylist} from './read-directory.js'
import {readSqlgrey} from './read-sqlgrey.js'

/** The programs and formats that `import --from` knows. */
export const SOURCES = ['qgreylist', 'jgreylist', 'postgrey', 'sqlgrey', 'greylistd', 'csv', 'json'] as const

export type Source = (typeof SOURCES)[number]

/** The delay that each program has unless it was told otherwise, milliseconds. */
export const FORMER_DELAY: Readonly<Record<Source, number>> = {
  qgreylist: 120_000, jgreylist: 120_000, postgrey: 300_000, sqlgrey: 300_000, greylistd: 600_000, csv: 0, json: 0,
}

/** Bytes 0x00 0x05 0x31 0x62 or turned round at offset 12: a BerkeleyDB btree; 0x061561 a hash. */
const isBerkeley = (head: Buffer): boolean => [0x053162, 0x061561].some(magic => head.length >= 16 && (head.readUInt32LE(12) === magic || head.readUInt32BE(12) === magic))

const headOf = (path: string): Buffer => {
  try {
    const fd = fs.openSync(path, 'r')
    const head = Buffer.alloc(4096)
    try {
      return head.subarray(0, fs.readSync(fd, head, 0, head.length, 0))
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    throw fromSystem(error, 'read', path)
  }
}

const wrongForm = (message: string, hint: string): OpsError => new OpsError('WRONG_FORM', message, {exit: 'badData', hint})

/** Another kind of file has no lines to be read. */
const refuseBinary = (path: string, head: Buffer): void => {
  if (isBerkeley(head))
    throw new OpsError('BERKELEY_DB', `${path} is a BerkeleyDB file, which cannot be read here`, {exit: 'badData', hint: `stop postgrey, then: db5.3_dump -p ${path} > postgrey.dump   (package db5.3-util)`})
  if (head.toString('latin1').startsWith('SQLite format 3\0')) throw wrongForm(`${path} is a database of SQLite`, `mailops greylist import --from sqlgrey ${path}`)
  if (head.readUInt16BE(0) === 0x1f8b) throw wrongForm(`${path} is compressed`, `gunzip ${path}`)
  if (head.includes(0)) throw wrongForm(`${path} is no text`, 'mailops greylist import --help')
}

const byLines = async function* (path: string, {take, end}: LineReader, warn: (text: string) => void): AsyncGenerator<Imported> {
  const head = headOf(path)
  if (head.length < 2) return
  refuseBinary(path, head)
  // Bytes: what is no UTF-8 is an address all the same, and no character of more than one byte is an end of line.
  const stream = fs.createReadStream(path, 'latin1')
  try {
    for await (const line of createInterface({input: stream, crlfDelay: Number.POSITIVE_INFINITY})) {
      const imported = take(textOfLatin1(line))
      if (imported === null) continue
      if ('length' in imported) yield* imported
      else yield imported
    }
  } catch (error) {
    throw fromSystem(error, 'read', path)
  } finally {
    stream.destroy()
  }
  const wrong = end?.() ?? null
  if (typeof wrong === 'string') warn(`${path} is ${wrong}`)
  else if (wrong !== null) throw wrongForm(`${path} ${wrong.fault}`, wrong.hint)
}

const text = (path: string): string => {
  try {
    return fs.readFileSync(path, 'latin1')
  } catch (error) {
    throw fromSystem(error, 'read', path)
  }
}

export interface ReadOptions {
  readonly target: ImportTarget
  readonly warn: (text: string) => void
  /** The path is a whitelist of the program, and whom it names. */
  readonly whitelist?: WhitelistOf | undefined
}

const whitelistFrom = (source: Source): WhitelistFrom => {
  if (source === 'postgrey' || source === 'sqlgrey' || source === 'greylistd') return source
  throw new OpsError('USAGE', `${source} has no whitelist file`, {exit: 'usage', hint: '--whitelist goes with --from postgrey, sqlgrey or greylistd'})
}

/**
 * What a path holds, as a source writes it.
 * @throws OpsError 65 when it is something else, 66 or 77 when it cannot be read
 */
export const readSource = async function* (source: Source, path: string, {target, warn, whitelist}: ReadOptions): AsyncGenerator<Imported> {
  if (whitelist !== undefined) return yield* byLines(path, whitelistReader({from: whitelistFrom(source), of: whitelist, now: target.now, warn}), warn)
  switch (source) {
    case 'qgreylist':
      return yield* readQgreylist(path, target, warn)
    case 'jgreylist':
      return yield* readJgreylist(path, target)
    case 'postgrey':
      return yield* byLines(path, postgreyReader(target), warn)
    case 'sqlgrey':
      // SQLite says of everything that it cannot open it.
      headOf(path)
      return yield* readSqlgrey(path, target)
    case 'greylistd':
      return yield* greylistdRecords(text(join(path, 'triplets')), parseStates(text(join(path, 'states'))), target)
    case 'csv':
      return yield* byLines(path, csvReader(target), warn)
    case 'json':
      return yield* byLines(path, {take: line => jsonLine(line, target)}, warn)
  }
}
