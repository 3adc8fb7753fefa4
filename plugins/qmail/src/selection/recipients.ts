// Selection by recipient: which pending recipients of a message are meant, and who else would lose it.
import type {Match, Recipient} from './message-view.js'
import {addressMatcher} from './pattern.js'
import type {Selection} from './selection.js'

/** Judges a message by its recipients. */
export interface RecipientJudge {
  /** True when the selection picks recipients; false when it only rules messages out by them. */
  readonly byRecipient: boolean
  readonly match: <R extends Recipient>(recipients: readonly R[]) => Match<R> | null
}

/**
 * Compiles --recipient, --local, --remote and their negations; undefined where none was given. Only recipients still to
 * be done count. --local is the channel local, --remote every other one; a recipient meant must match a pattern and be
 * in a channel asked for, and with --local and --remote there must be one of each. A negation rules out the message
 * that has such a pending recipient, not only the recipient.
 */
export const compileRecipients = (selection: Selection): RecipientJudge | undefined => {
  const {recipient, local, remote} = selection
  if (recipient === undefined && local === undefined && remote === undefined) return undefined
  const any = recipient?.any && addressMatcher(recipient.any, 'recipient')
  const none = recipient?.none && addressMatcher(recipient.none, 'not-recipient')
  const ruledOut = ({address, channel}: Recipient): boolean =>
    none?.(address) === true || (local === false && !isRemote(channel)) || (remote === false && !isLocal(channel))
  const meant = ({address, channel}: Recipient): boolean =>
    (any?.(address) ?? true) &&
    (!(local || remote) || (local === true && isLocal(channel)) || (remote === true && isRemote(channel)))
  const byRecipient = any !== undefined || local === true || remote === true
  return {
    byRecipient,
    match: recipients => {
      const pending = recipients.filter(({done}) => !done)
      if (pending.some(ruledOut)) return null
      if (!byRecipient) return {recipients: null, otherPending: 0}
      const matched = pending.filter(meant)
      if (matched.length === 0) return null
      if (local && !matched.some(({channel}) => isLocal(channel))) return null
      if (remote && !matched.some(({channel}) => isRemote(channel))) return null
      return {recipients: matched, otherPending: pending.length - matched.length}
    },
  }
}

// A recipient whose channel is not known yet (null) is neither, and no negation takes it for the other.
const isLocal = (channel: string | null): boolean => channel === 'local'
const isRemote = (channel: string | null): boolean => channel !== null && channel !== 'local'
