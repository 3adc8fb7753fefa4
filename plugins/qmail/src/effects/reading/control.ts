// Finds qmail's control directory from its queue and reads from it what decides about recipients.
import * as fs from 'node:fs'
import {dirname, join} from 'node:path'

import {fromSystem} from 'mailops/core'

import {parseRouting, type Routing} from '../../queue/virtual-domains.js'

/** Where Debian's package and indimail keep the control files of a queue, by the beginning of the queue's path. */
const ELSEWHERE: readonly (readonly [string, string])[] = [
  ['/var/lib/qmail/', '/etc/qmail'],
  ['/var/indimail/', '/etc/indimail/control'],
]

const isDirectory = (path: string): boolean => {
  try {
    return fs.statSync(path).isDirectory()
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false // not this layout; the next place is tried
    throw fromSystem(error, 'look at', path)
  }
}

/** Returns the control directory that belongs to a queue (real path), undefined where none of the known places has one. */
export const findControl = (queue: string): string | undefined => {
  const places = [
    join(dirname(queue), 'control'),
    ...ELSEWHERE.filter(([prefix]) => queue.startsWith(prefix)).map(([, place]) => place),
    // QUEUE_BASE/queue1 of a layout with several queues.
    join(dirname(dirname(queue)), 'control'),
  ]
  return places.find(isDirectory)
}

const bytesOf = (path: string): Buffer | undefined => {
  try {
    return fs.readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // an absent control file has a meaning
    throw fromSystem(error, 'read', path)
  }
}

/** Reads the control files that route recipients; they may be links. Without a directory nothing is virtual. */
export const readRouting = (control: string | undefined): Routing =>
  control === undefined
    ? parseRouting({})
    : parseRouting({
        me: bytesOf(join(control, 'me')),
        locals: bytesOf(join(control, 'locals')),
        virtualDomains: bytesOf(join(control, 'virtualdomains')),
        percentHack: bytesOf(join(control, 'percenthack')),
        envNoAtHost: bytesOf(join(control, 'envnoathost')),
      })
