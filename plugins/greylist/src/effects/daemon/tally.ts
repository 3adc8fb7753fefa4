// Counts the connections that passed unchecked, which only the filters know of, and says so while it lasts.
import {fstatSync, ftruncateSync, readSync} from 'node:fs'

import type {Service} from '../../policy/service.js'
import type {Talk} from './log.js'

const LOOK_MS = 5_000
const TELL_MS = 60_000
const REASONS: Readonly<Record<string, string>> = {
  c: 'daemon not reached',
  t: 'no answer in time',
  p: 'connection broke off',
  f: 'store out of order',
  n: 'client address unknown',
}

/** Reads the letters that the filters wrote since the last look, and empties the file. */
export const takeTally = (fd: number): Map<string, number> => {
  const counts = new Map<string, number>()
  const {size} = fstatSync(fd)
  if (size === 0) return counts
  const bytes = Buffer.alloc(Math.min(size, 1024 * 1024))
  const read = readSync(fd, bytes, 0, bytes.length, 0)
  // A letter that is written between the two is lost: a count may be short by one, the mail never is.
  ftruncateSync(fd, 0)
  for (const letter of bytes.toString('latin1', 0, read)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  const rest = size - read
  if (rest > 0) counts.set('c', (counts.get('c') ?? 0) + rest)
  return counts
}

/** Looks every few seconds; each minute in which somebody passed unchecked has its line. Gives what ends it. */
export const watchTally = (fd: number, {service, talk}: {service: Service; talk: Talk}): (() => void) => {
  const since = new Map<string, number>()
  let told = 0
  const look = (): void => {
    try {
      for (const [letter, count] of takeTally(fd)) {
        service.tally('passed_unchecked', count)
        since.set(letter, (since.get(letter) ?? 0) + count)
      }
    } catch (error) {
      talk.warn(`the tally of unchecked connections cannot be read: ${(error as Error).message}`)
    }
    if (since.size === 0 || Date.now() - told < TELL_MS) return
    told = Date.now()
    const total = [...since.values()].reduce((sum, count) => sum + count, 0)
    const why = [...since].map(([letter, count]) => `${REASONS[letter] ?? 'other'}: ${count}`).join(', ')
    since.clear()
    talk.warn(`${total} connections passed unchecked (${why}); the log of tcpserver says more`)
  }
  look()
  const timer = setInterval(look, LOOK_MS)
  return () => {
    clearInterval(timer)
    look()
  }
}
