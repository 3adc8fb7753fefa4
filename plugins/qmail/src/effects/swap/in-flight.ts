// Messages that were being injected while the directories were swapped: found, and brought over to the new set.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {relativePath, type QueueLayout} from '../../queue/layout.js'
import {parseNumber, type MessageNumber} from '../../queue/number.js'
import {injectedNumbers} from '../live/open-files.js'
import {isThere} from './directories.js'
import {entriesOf, namesIn, pathTo, type Entry} from './names.js'

/** Which queue, which trash holds the old set. */
export interface Swapped {
  readonly queue: string
  readonly trash: string
  readonly layout: QueueLayout
}

/** Renames a file unless there is none, or something stands in its new place; true when it came. */
export const bring = (from: Buffer | string, to: Buffer | string): boolean => {
  try {
    if (fs.lstatSync(to, {throwIfNoEntry: false}) !== undefined) return false
    fs.renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false // there was none
    throw fromSystem(error, 'bring back', String(from))
  }
}

/**
 * Brings one message over, intd first: a qmail-queue that cannot link it to todo/N gives up and unlinks mess/N by its
 * name; were mess there already, intd/N would remain alone. The number is held by the trash until mess follows.
 */
const bringMessage = ({queue, trash, layout}: Swapped, number: MessageNumber): boolean => {
  const move = (part: string): boolean => {
    const path = relativePath(layout, part, number)
    return bring(join(trash, path), join(queue, path))
  }
  const envelope = move('intd')
  return move('mess') || envelope
}

/** True for S2 and S3: mess, perhaps intd, nothing else. What qmail-send knew or had been told of is not in flight. */
const isInFlight = ({trash, layout}: Swapped, number: MessageNumber): boolean =>
  isThere(join(trash, relativePath(layout, 'mess', number))) &&
  !['todo', 'info', 'bounce', ...layout.channels].some(part => isThere(join(trash, relativePath(layout, part, number))))

/**
 * Before qmail-send starts: brings over what is accepted already (its todo/N is in the new set) and what a process is
 * just injecting (qmail-queue keeps its file open to its end; one of another name is found by the sweep). Its cost does
 * not depend on the number of messages in the old set.
 * @returns how many messages were brought over
 */
export const bringLiveInjections = (swapped: Swapped): number => {
  const {queue, trash, layout} = swapped
  // First these: what has ended before we look has linked its todo/N, which is then found below.
  const injecting = injectedNumbers(fs.lstatSync(join(trash, 'mess'), {bigint: true}).dev)
  const accepted = layout.bigTodo ? [...entriesOf(queue, layout, 'todo')].map(({name}) => name) : namesIn(join(queue, 'todo'))
  const numbers = [...accepted.map(parseNumber).filter(number => number !== undefined), ...injecting]
  return numbers.filter(number => isInFlight(swapped, number) && bringMessage(swapped, number)).length
}

/** Parts of messages of which mess is over already: a crash came between them, or a link(2) after the directory was renamed. */
const bringStragglers = ({queue, trash, layout}: Swapped): void => {
  for (const part of ['intd', 'todo'])
    for (const entry of entriesOf(trash, layout, part)) {
      const number = parseNumber(entry.name)
      if (number === undefined) continue
      const mess = relativePath(layout, 'mess', number)
      if (isThere(join(queue, mess)) && !isThere(join(trash, mess))) bring(pathTo(trash, entry), pathTo(queue, entry))
    }
}

/** What a sweep over the old set found. */
export interface Sweep {
  /** Messages brought over to the new set. */
  readonly inFlight: number
  /** Messages that remain in the old set: they have left the queue. */
  readonly messages: number
  /** Their mess files' bytes. */
  readonly bytes: number
}

/** True for entries that qmail would never look at: not ours, so they go back to where they were. */
const isForeign = ({name}: Entry): boolean => parseNumber(name) === undefined

const bringForeign = ({queue, trash, layout}: Swapped): void => {
  for (const part of ['bounce', ...layout.channels, 'info', 'todo', 'intd', 'mess'])
    for (const entry of entriesOf(trash, layout, part))
      if (isForeign(entry)) bring(pathTo(trash, entry), pathTo(queue, entry))
}

/**
 * Looks at every message of the old set and brings over all that were only being injected, also those that no process
 * works on any more (qmail-send removes these after 36 hours), and files that are no messages.
 */
export const sweep = async (swapped: Swapped, pause: () => Promise<void>): Promise<Sweep> => {
  const {trash, layout} = swapped
  bringForeign(swapped)
  const known = new Set<string>()
  for (const part of ['info', 'todo']) for (const {name} of entriesOf(trash, layout, part)) known.add(name)
  const result = {inFlight: 0, messages: 0, bytes: 0}
  for (const entry of entriesOf(trash, layout, 'mess')) {
    const number = parseNumber(entry.name)
    if (number === undefined) continue
    if (!known.has(entry.name) && isInFlight(swapped, number)) {
      if (bringMessage(swapped, number)) result.inFlight++
      continue
    }
    result.messages++
    result.bytes += fs.lstatSync(pathTo(trash, entry), {throwIfNoEntry: false})?.size ?? 0
    if (result.messages % 1000 === 0) await pause()
  }
  bringStragglers(swapped)
  return result
}
