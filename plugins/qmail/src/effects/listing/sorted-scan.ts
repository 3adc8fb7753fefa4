// A scan in another order than by number: by a key read from each matching message.
import type {CompiledSelection} from '../../selection/compile.js'
import type {MessageReader} from '../reading/message-reader.js'
import type {OpenQueue} from '../reading/open-queue.js'
import type {Scan} from '../reading/scan.js'
import {visitMessages, type VisitOptions} from '../reading/visit.js'

/** What to sort by: the oldest, the largest, or the first sender in byte order comes first. */
export type SortKey = 'id' | 'age' | 'size' | 'sender'

/** How to sort. */
export interface SortOptions extends VisitOptions {
  readonly by: SortKey
  readonly reverse: boolean
}

/**
 * Returns the matching messages of a scan in the order wanted, as a scan; unknown keys come last. Reads every matching
 * message for its key, and holds eight bytes each for numbers, the text for senders.
 */
export const sortedScan = async (
  source: {queue: OpenQueue; scan: Scan; selection: CompiledSelection; reader: MessageReader},
  {by, reverse, ...options}: SortOptions,
): Promise<Scan> => {
  const {scan} = source
  const indexes: number[] = []
  const keys: (number | string)[] = []
  await visitMessages(
    source,
    {
      read: reader => [scan.indexOf(reader.number), keyOf(reader, by)] as const,
      take: ([index, key]) => {
        indexes.push(index)
        keys.push(key)
      },
    },
    options,
  )
  const order = Uint32Array.from(keys.keys()).sort((a, b) => compare(keys[a]!, keys[b]!) || a - b)
  if (reverse) order.reverse()
  return {
    ...scan,
    length: order.length,
    numberAt: index => scan.numberAt(indexes[order[index]!]!),
    presenceAt: index => scan.presenceAt(indexes[order[index]!]!),
  }
}

const keyOf = (reader: MessageReader, by: SortKey): number | string => {
  if (by === 'sender') return reader.sender() ?? '\uffff'
  if (by === 'age') return reader.queuedAt() ?? Number.POSITIVE_INFINITY
  return by === 'size' ? -(reader.size() ?? -1) : 0
}

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0)
