// What a look at one message gives: its files, wherever they lie, each as it was at that moment.
import type {QueueLayout} from '../queue/layout.js'
import {relativePath} from '../queue/layout.js'
import type {MessageNumber} from '../queue/number.js'
import type {ContentFault} from './contents.js'
import type {Owned} from './finding.js'

/** One file as lstat(2) shows it. */
export interface FileLook extends Owned {
  /** Decimal. */
  readonly ino: string
  readonly nlink: number
  readonly size: number
  /** Seconds since the epoch. */
  readonly atime: number
  /** Milliseconds since the epoch: with the inode it tells whether anything happened to the file. */
  readonly ctimeMs: number
}

/** A file of a message. */
export interface PartLook {
  /** mess, intd, todo, info, bounce, or the channel. */
  readonly part: string
  /** Below the queue. */
  readonly path: string
  readonly file: FileLook
  /** What is wrong with its content; undefined when nothing is, or nothing was read. */
  readonly fault?: ContentFault | undefined
}

/** All files of one number that are there, plain files only. */
export interface MessageLook {
  readonly number: MessageNumber
  readonly parts: readonly PartLook[]
}

/** A message's files sorted out: those to judge it by, and those that lie beside them. */
export interface Placed {
  /** By part; a file in a wrong place counts where it is the only one of its part. */
  readonly parts: ReadonlyMap<string, PartLook>
  readonly surplus: readonly PartLook[]
}

/** Takes a look and returns which file stands for each part. */
export const place = (layout: QueueLayout, {number, parts}: MessageLook): Placed => {
  const chosen = new Map<string, PartLook>()
  const surplus: PartLook[] = []
  const isRight = ({part, path}: PartLook): boolean => path === relativePath(layout, part, number)
  for (const look of parts) if (isRight(look)) chosen.set(look.part, look)
  const astray = parts.filter(look => !isRight(look))
  for (const look of astray) {
    const alone = !chosen.has(look.part) && astray.filter(({part}) => part === look.part).length === 1
    if (alone) chosen.set(look.part, look)
    else surplus.push(look)
  }
  return {parts: chosen, surplus}
}

/** True when nothing happened to the message between two looks: then it was, at one instant, just so. */
export const sameLook = (a: MessageLook, b: MessageLook): boolean =>
  a.parts.length === b.parts.length &&
  a.parts.every(({path, file}, i) => {
    const other = b.parts[i]!
    return path === other.path && file.ino === other.file.ino && file.ctimeMs === other.file.ctimeMs
  })
