// Asks Exim about its queue.
import {OpsError} from 'mailops/core'

import {isFor, isOfThatFault, parseQueueList, type QueuedMessage} from '../../frozen/queue-list.js'
import type {EximProgram} from '../domain/exim-program.js'

/** A million messages take Exim minutes to list. */
const LIST_MS = 30 * 60_000
/** Some hundred bytes a message; a string of Node ends at 512 MiB. */
const MOST_BYTES = 500 * 1024 * 1024

/**
 * The queue as Exim lists it.
 * @throws OpsError 69 `NO_QUEUE` when it does not
 */
export const listQueue = async (exim: EximProgram, timeoutMs = LIST_MS): Promise<string> => {
  const {status, stdout, stderr, timedOut} = await exim.ask(['-bp'], {timeoutMs, maxOutputBytes: MOST_BYTES})
  if (status === 0) return stdout
  const said = stderr.trim().split('\n').at(-1) ?? ''
  throw new OpsError(
    'NO_QUEUE',
    `${exim.path} does not show its queue${timedOut ? ' in time' : said === '' ? '' : `: ${said}`}`,
    {exit: 'unavailable', hint: 'run it as root or as an admin user of Exim'},
  )
}

/**
 * The frozen messages of the queue.
 * @throws OpsError 69 `NO_QUEUE`
 */
export const frozenMessages = async (exim: EximProgram, timeoutMs = LIST_MS): Promise<QueuedMessage[]> =>
  parseQueueList(await listQueue(exim, timeoutMs)).filter(({isFrozen}) => isFrozen)

/** Of frozen messages for a domain, those whose own log says that they were frozen by this fault. */
export const frozenByFault = async (
  exim: EximProgram,
  {
    messages,
    domain,
    progress,
  }: {messages: readonly QueuedMessage[]; domain: string; progress: (done: number, total: number) => void},
): Promise<{proved: QueuedMessage[]; others: QueuedMessage[]}> => {
  const candidates = messages.filter(message => isFor(message, domain))
  const proved: QueuedMessage[] = []
  const others: QueuedMessage[] = []
  for (const [index, message] of candidates.entries()) {
    progress(index, candidates.length)
    const {stdout} = await exim.ask(['-Mvl', message.id])
    ;(isOfThatFault(stdout, domain) ? proved : others).push(message)
  }
  return {proved, others}
}
