// Finds what lies in the directories of messages without being a message's file in its place.
import {parseNumber, type MessageNumber} from '../../queue/number.js'
import {isSplit} from '../../queue/layout.js'
import {walkDirectory, type EntryType} from '../reading/directory.js'
import type {OpenQueue} from '../reading/open-queue.js'
import type {Scan} from '../reading/scan.js'
import type {Astray} from './look.js'

/** A name that no message has, or no plain file. */
export interface Stranger {
  readonly path: string
  readonly type: EntryType
}

/** What was found. */
export interface Strays {
  /** Files of messages in wrong directories, by number. */
  readonly astray: ReadonlyMap<MessageNumber, Astray>
  readonly strangers: readonly Stranger[]
}

interface Found {
  readonly astray: Map<MessageNumber, {part: string; path: string}[]>
  readonly strangers: Stranger[]
}

const NUMBERED = /^(0|[1-9]\d{0,5})$/

/** Looks into every directory that may hold files of messages, and into numbered ones beside them. */
export const findStrays = (queue: OpenQueue, scan: Scan): Strays => {
  const found: Found = {astray: new Map(), strangers: []}
  for (const part of ['mess', 'intd', 'todo', 'info', 'bounce', ...queue.layout.channels]) topLevel(queue, part, found)
  // The scan has seen the rest, but lists no more than it can hold.
  if (scan.foreignCount > scan.foreign.length) for (const part of splitParts(queue)) everything(queue, part, found)
  else
    for (const {path, kind} of scan.foreign) {
      if (path.split('/').length < 3) continue
      if (kind === 'wrong-split') addAstray(found, path)
      else found.strangers.push({path, type: kind === 'name' ? 'file' : kind === 'special' ? 'other' : kind})
    }
  return found
}

const splitParts = ({layout}: OpenQueue): string[] =>
  ['mess', 'info', ...layout.channels, 'todo', 'intd'].filter(part => isSplit(layout, part))

const addAstray = ({astray}: Found, path: string): void => {
  const pieces = path.split('/')
  const number = parseNumber(pieces.at(-1)!)!
  const known = astray.get(number)
  if (known === undefined) astray.set(number, [{part: pieces[0]!, path}])
  else known.push({part: pieces[0]!, path})
}

const judge = (found: Found, path: string, {name, type}: {name: string; type: EntryType}): void => {
  if (type === 'file' && parseNumber(name) !== undefined) addAstray(found, `${path}/${name}`)
  else found.strangers.push({path: `${path}/${name}`, type})
}

/** Directly in mess/, or in todo/ of a flat build: what the scan does not look at, or not as a place for files. */
const topLevel = (queue: OpenQueue, part: string, found: Found): void => {
  const {path, layout} = queue
  const split = isSplit(layout, part)
  const below: string[] = []
  walkDirectory(`${path}/${part}`, (name, type) => {
    if (type === 'directory' && NUMBERED.test(name)) {
      if (split && Number(name) < layout.split) return
      below.push(name)
      found.strangers.push({path: `${part}/${name}`, type})
    } else if (split || type !== 'file' || parseNumber(name) === undefined) judge(found, part, {name, type})
  })
  for (const name of below) walkDirectory(`${path}/${part}/${name}`, (entry, type) => judge(found, `${part}/${name}`, {name: entry, type}))
}

const everything = ({path, layout}: OpenQueue, part: string, found: Found): void => {
  for (let i = 0; i < layout.split; i++)
    walkDirectory(`${path}/${part}/${i}`, (name, type) => {
      const number = type === 'file' ? parseNumber(name) : undefined
      const isHome = number !== undefined && BigInt(number) % BigInt(layout.split) === BigInt(i)
      if (!isHome) judge(found, `${part}/${i}`, {name, type})
    })
}
