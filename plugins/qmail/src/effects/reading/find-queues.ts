// Finds the qmail queues of this machine where no --queue was given.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {OpsError} from 'mailops/core'

/** Where queues are: qmail, netqmail, notqmail, Plesk, s/qmail; Debian's package; indimail's QUEUE_BASE. */
export const QUEUE_PLACES: readonly string[] = ['/var/qmail/queue', '/var/lib/qmail/queue', '/var/indimail/queue']

/** The queues found, real paths, each once; and the places that could not be looked into. */
export interface FoundQueues {
  readonly queues: readonly string[]
  readonly denied: readonly string[]
}

type Look = 'queue' | 'other' | 'absent' | 'denied'

const isDirectory = (path: string): Look => {
  try {
    return fs.lstatSync(path).isDirectory() ? 'queue' : 'other'
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return 'denied'
    return 'absent' // whatever keeps it from being seen, it is no queue that could be read
  }
}

const lookAt = (path: string): Look => {
  const looks = ['mess', 'info', 'todo'].map(name => isDirectory(join(path, name)))
  return looks.find(look => look !== 'queue') ?? 'queue'
}

const namesIn = (path: string): string[] => {
  try {
    return fs.readdirSync(path)
  } catch {
    return [] // absent or closed to us; lookAt has told which
  }
}

/** Below a place lie the queues of a several-queue layout: queue1, queue2 ..., slowq, nqueue. */
const candidates = (place: string): string[] =>
  lookAt(place) === 'queue'
    ? [place]
    : [place, ...namesIn(place).filter(name => !name.startsWith('.')).sort(byNumber).map(name => join(place, name))]

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', {numeric: true})

/** Looks for queues at the usual places, each of them a queue or a directory of queues; one reached twice counts once. */
export const findQueues = (places: readonly string[] = QUEUE_PLACES): FoundQueues => {
  const found = new Map<string, string>()
  const denied: string[] = []
  for (const candidate of places.flatMap(candidates)) {
    const look = lookAt(candidate)
    if (look === 'denied') denied.push(candidate)
    if (look !== 'queue') continue
    const {dev, ino} = fs.statSync(candidate, {bigint: true})
    const key = `${dev}:${ino}`
    if (!found.has(key)) found.set(key, fs.realpathSync(candidate))
  }
  return {queues: [...found.values()], denied}
}

/**
 * Returns the queue meant: the one named, else the only one there is.
 * @throws OpsError 64 `SEVERAL_QUEUES` naming them, 66 `NO_QUEUE`, 77 when there may be one but we may not look
 */
export const chooseQueue = (named: string | undefined, places: readonly string[] = QUEUE_PLACES): string => {
  if (named !== undefined) return named
  const {queues, denied} = findQueues(places)
  if (queues.length === 1) return queues[0]!
  if (queues.length > 1)
    throw new OpsError('SEVERAL_QUEUES', `there are several queues here: ${queues.join(', ')}`, {
      exit: 'usage',
      hint: `name one: --queue ${queues[0]}`,
    })
  if (denied.length > 0)
    throw new OpsError('EACCES', `cannot look into ${denied.join(', ')}: permission denied`, {
      exit: 'noPermission',
      hint: 'run it as root',
    })
  throw new OpsError('NO_QUEUE', `no qmail queue at ${places.join(', ')}, nor in a directory in one of them`, {
    exit: 'noInput',
    hint: 'name the queue: --queue DIR',
  })
}
