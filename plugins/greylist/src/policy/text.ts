// What a client reads: the text of a deferral, and the header on what passed after one.
import type {Decision} from './types.js'

/** A text with `%s` (seconds left) and `%c` (the client's address) filled in. */
export const replyText = (text: string, {client, wait}: {client: string; wait: number}): string =>
  text.replace(/%[sc%]/g, sign => (sign === '%s' ? String(Math.ceil(wait / 1000)) : sign === '%c' ? client.replace(/[^\w.:%-]/g, '') : '%'))

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A date as RFC 5322 3.3 has it, in UTC. */
export const mailDate = (at: number): string => {
  const date = new Date(at)
  const day = `${DAYS[date.getUTCDay()]}, ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
  return `${day} ${date.toISOString().slice(11, 19)} +0000`
}

/** The header field for what passed after `delayed` milliseconds, without its line end. */
export const greylistHeader = ({delayed, host, at}: {delayed: number; host: string; at: number}): string =>
  `X-Greylist: delayed ${Math.floor(delayed / 1000)} seconds by mailops at ${host}; ${mailDate(at)}`

/** True when a decision would have deferred the client, learning or not. */
export const wouldDefer = ({reason}: Pick<Decision, 'reason'>): boolean => reason === 'new' || reason === 'early'
