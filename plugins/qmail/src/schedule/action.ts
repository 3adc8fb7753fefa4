// What can be done about the time of messages, and what to say of it.
import {plural} from 'mailops/core'

/**
 * `alarm`: everything is due now. `retry`: these are due now. `hold`: these are not tried. `release`: these are tried
 * again as before. `expire`: the next attempt of these is the last.
 */
export type Action = 'alarm' | 'retry' | 'hold' | 'release' | 'expire'

/** One line of a plan. */
export const actionText = (action: Action, messages: number, queue: string): string => {
  const them = plural(messages, 'message')
  switch (action) {
    case 'alarm':
      return `make everything in ${queue} due now (ALRM to qmail-send)`
    case 'retry':
      return `make ${them} of ${queue} due now`
    case 'hold':
      return `hold ${them} of ${queue} back`
    case 'release':
      return `release ${them} of ${queue}`
    case 'expire':
      return `give ${them} of ${queue} up: one last attempt, then back to the sender`
  }
}

/** What was done, as the last line says it. */
export const doneText = (action: Action, messages: number): string => {
  if (action === 'alarm') return 'ALRM was sent: everything is due now'
  if (action === 'release' && messages === 0) return 'no message was on hold'
  const done = {retry: 'due now', hold: 'on hold', release: 'released', expire: 'given up'}[action]
  return `${plural(messages, 'message')} ${done}`
}

/** What an action does not do, said before anybody confirms. */
export const caveats = (action: Action): string[] => {
  switch (action) {
    case 'alarm':
      return ['every message is tried, also those that were deferred a minute ago and those on hold']
    case 'retry':
      return ['an attempt cannot be taken back: undo puts the old times back only where none was made yet']
    case 'hold':
      return ['they are held until mailops qmail release, or until the next ALRM (mailops qmail retry --all, qmailctl doqueue), which makes everything due']
    case 'release':
      return []
    case 'expire':
      return [
        'each is tried once more at its next retry; what then still fails for now goes back to its sender',
        'what has no sender (a bounce) goes to postmaster, and a double bounce is thrown away',
      ]
  }
}
