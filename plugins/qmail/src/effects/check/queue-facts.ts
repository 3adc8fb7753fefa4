// What doctor tells of a queue, gathered without reading a message.
import {detectService, type StatePlace} from 'mailops/effects'

import {parseNumber} from '../../queue/number.js'
import {sendRunning, isRunning} from '../purge-offline/queue-lock.js'
import {walkDirectory} from '../reading/directory.js'
import {openQueue, type OpenQueue} from '../reading/open-queue.js'
import {listTrashes} from '../trash/index.js'

/** A queue, who runs it and what its trashes hold. */
export interface QueueFacts {
  readonly queue: OpenQueue
  readonly messages: number
  /** True when some process holds the lock; `pid` and `service` are null where it cannot be seen which. */
  readonly running: boolean
  readonly pid: number | null
  /** The service as people write it: `/service/qmail-send (daemontools)`. */
  readonly service: string | null
  readonly trash: {readonly count: number; readonly messages: number; readonly bytes: number; readonly broken: number}
}

const countMessages = ({path, layout}: OpenQueue): number => {
  let count = 0
  for (let i = 0; i < layout.split; i++)
    walkDirectory(`${path}/mess/${i}`, (name, type) => {
      if (type === 'file' && parseNumber(name) !== undefined) count++
    })
  return count
}

const SERVICE_NAMES = ['qmail-send', 'qmail', 'notqmail']

/** Looks at one queue. @throws OpsError as openQueue does */
export const factsOf = async (path: string, place: StatePlace): Promise<QueueFacts> => {
  const queue = openQueue(path)
  const who = await sendRunning(queue.path, place)
  const pid = who?.pid ?? null
  // Without its lock file it cannot run, and what is wrong with the queue is told by its layout.
  const running = pid !== null || (await isRunning(queue.path, place))
  const service = running ? await detectService({serviceNames: SERVICE_NAMES, ...(pid !== null && {pid})}) : null
  const {trashes, broken} = listTrashes(queue.path)
  const trash = {
    count: trashes.length,
    messages: trashes.reduce((sum, {header}) => sum + header.messages, 0),
    bytes: trashes.reduce((sum, {header}) => sum + header.bytes, 0),
    broken: broken.length,
  }
  return {queue, messages: countMessages(queue), running, pid, service: service?.describe ?? null, trash}
}
