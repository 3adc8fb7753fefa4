// Relative paths of a message's files, made as cheaply as they can be: a purge makes three of them a message.
import {PRESENCE, channelBit, type Presence} from '../../message/presence.js'
import {directoriesOf, type QueueLayout} from '../../queue/layout.js'
import {splitOf, type MessageNumber} from '../../queue/number.js'
import type {PartKind} from '../../queue/order.js'

/** One kind of file: its bit, and its directories with a slash at the end, by remainder. */
export interface PartPaths {
  readonly part: string
  readonly bit: Presence
  readonly directories: readonly string[]
}

/** Path of a message's file of that kind, below the queue or the trash. */
export const pathIn = ({directories}: PartPaths, n: MessageNumber): string =>
  (directories.length === 1 ? directories[0]! : directories[splitOf(n, directories.length)]!) + n

const partPaths = (layout: QueueLayout, part: string, bit: Presence): PartPaths => ({
  part,
  bit,
  directories: directoriesOf(layout, part).map(directory => `${directory}/`),
})

/** Returns the parts of an order (REMOVAL_ORDER, RESTORE_ORDER, a row's) with `channels` as every channel of the layout. */
export const partsInOrder = (layout: QueueLayout, order: readonly PartKind[]): PartPaths[] =>
  order.flatMap(kind =>
    kind === 'channels'
      ? layout.channels.map((channel, index) => partPaths(layout, channel, channelBit(index)))
      : [partPaths(layout, kind, PRESENCE[kind])],
  )
