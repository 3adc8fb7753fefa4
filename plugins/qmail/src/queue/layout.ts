// How a queue is laid out on disk, and the path of each file of a message in it.
import {formatNumber, splitOf, type MessageNumber} from './number.js'

/** What recognition found out about a queue by looking at it. */
export interface QueueLayout {
  /** conf-split: mess, info and the channels have sub-directories 0 to split - 1. */
  readonly split: number
  /** True when todo and intd are split as well (big-todo patch, sagredo, s/qmail). */
  readonly bigTodo: boolean
  /** Channel directories: local, remote, then suppl0, suppl1 and so on; a channel's index is its place here. */
  readonly channels: readonly string[]
}

/** The files that a message may have besides those of its channels. */
export type PlainPart = 'mess' | 'intd' | 'todo' | 'info' | 'bounce'

/** True when files of the directory lie in sub-directories; bounce never is split, in no known build. */
export const isSplit = (layout: QueueLayout, directory: string): boolean =>
  directory === 'todo' || directory === 'intd' ? layout.bigTodo : directory !== 'bounce'

/**
 * Returns the path below the queue of one file of a message.
 * @param part a PlainPart, or the name of a channel (`layout.channels`)
 */
export const relativePath = (layout: QueueLayout, part: string, n: MessageNumber): string =>
  isSplit(layout, part) ? `${part}/${splitOf(n, layout.split)}/${formatNumber(n)}` : `${part}/${formatNumber(n)}`

/** Returns the directories, below the queue, in which a part's files lie; ascending. */
export const directoriesOf = (layout: QueueLayout, part: string): string[] =>
  isSplit(layout, part) ? Array.from({length: layout.split}, (_, i) => `${part}/${i}`) : [part]
