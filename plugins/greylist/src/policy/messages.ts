// What was decided of a message, so that its further recipients share the answer to the first, and its header comes once.
import type {Decision, Request} from './types.js'

/** More than a host has SMTP servers, each with one message at a time; older ones have ended. */
const MOST = 2048

interface Message {
  /** Of those that were greylisted at all, the first. */
  readonly recipient: string | undefined
  /** The answer to it; absent while only its recipient is known. */
  readonly decision?: Decision
}

/** The messages that Postfix's `instance` names; without it every recipient stands for itself. */
export interface Messages {
  /** The answer that the first recipient got; null when this is the first. */
  earlier(request: Request): Decision | null
  /** The first recipient, where the request itself names none (DATA with several recipients). */
  firstRecipient(request: Request): string | undefined
  remember(request: Request, decision?: Decision): void
}

const keyOf = ({instance, client}: Request): string | null => (instance === undefined || instance === '' ? null : `${client} ${instance}`)

const withoutHeader = (decision: Decision): Decision => {
  if (decision.header === undefined) return decision
  const {header: _, ...rest} = decision
  return rest
}

/** A memory with nothing in it; it forgets the oldest messages when it is full. */
export const makeMessages = (): Messages => {
  const messages = new Map<string, Message>()
  const find = (request: Request): Message | undefined => {
    const key = keyOf(request)
    return key === null ? undefined : messages.get(key)
  }
  return {
    earlier: request => find(request)?.decision ?? null,
    firstRecipient: request => find(request)?.recipient,
    remember: (request, decision) => {
      const key = keyOf(request)
      if (key === null) return
      const recipient = messages.get(key)?.recipient ?? request.recipient
      messages.delete(key)
      messages.set(key, {recipient, ...(decision !== undefined && {decision: withoutHeader(decision)})})
      if (messages.size > MOST) messages.delete(messages.keys().next().value ?? key)
    },
  }
}
