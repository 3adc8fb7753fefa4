// Which files one message has right now, asked file by file.
import * as fs from 'node:fs'

import {fromSystem} from 'mailops/core'

import {PRESENCE, channelBit, type Presence} from '../../message/presence.js'
import {stateRow} from '../../message/state-table.js'
import {relativePath} from '../../queue/layout.js'
import type {MessageNumber} from '../../queue/number.js'
import type {OpenQueue} from './open-queue.js'

const isFile = (path: string): boolean => {
  try {
    return fs.lstatSync(path, {throwIfNoEntry: false})?.isFile() ?? false
  } catch (error) {
    throw fromSystem(error, 'look at', path)
  }
}

/** Returns the path of one file of a message: a PlainPart, or the name of a channel. */
export const pathOf = (queue: OpenQueue, part: string, n: MessageNumber): string =>
  `${queue.path}/${relativePath(queue.layout, part, n)}`

const lookOnce = (queue: OpenQueue, n: MessageNumber): Presence => {
  let presence = 0
  // mess first: for a message that ends meanwhile the rest is then missing, which looks like one being injected and is
  // left alone; the other way round it would look broken.
  for (const part of ['mess', 'todo', 'intd', 'info', 'bounce'] as const)
    if (isFile(pathOf(queue, part, n))) presence |= PRESENCE[part]
  for (const [index, channel] of queue.layout.channels.entries())
    if (isFile(pathOf(queue, channel, n))) presence |= channelBit(index)
  return presence
}

/** Calm enough for a busy server: a message changes a handful of times in its life. */
const LOOKS = 5

/**
 * Returns which files a message has, 0 when it has gone. qmail may be at work on it, so what looks illegal or like an
 * injection is looked at until two looks agree.
 */
export const lookUp = (queue: OpenQueue, n: MessageNumber): Presence => {
  let presence = lookOnce(queue, n)
  for (let looks = 1; looks < LOOKS && isDoubtful(presence); looks++) {
    const again = lookOnce(queue, n)
    if (again === presence) break
    presence = again
  }
  return presence
}

/** True for what a message that qmail is busy with may look like by mistake: illegal, or without todo and info. */
export const isDoubtful = (presence: Presence): boolean => {
  const row = stateRow(presence)
  return !row.legal || row.code === 'injecting'
}
