// Postfix's policy delegation protocol (SMTPD_POLICY_README): attributes in, one action out, many requests a connection.

/** One request: attribute names and their values, as Postfix sent them (latin1). */
export type PolicyAttributes = ReadonlyMap<string, string>

/** More than any Postfix sends (29 attributes at RCPT in 3.7; a value is at most line_length_limit, 2048 bytes). */
const MAX_REQUEST_BYTES = 64 * 1024

/** What came so far of a connection. */
export interface PolicyReading {
  readonly requests: readonly PolicyAttributes[]
  /** What begins the next request. */
  readonly rest: string
  /** Why this cannot be Postfix; the connection must be closed without an answer. */
  readonly fault: string | null
}

const attributesOf = (block: string): PolicyAttributes | null => {
  const attributes = new Map<string, string>()
  for (const line of block.split('\n')) {
    const equals = line.indexOf('=')
    if (equals < 1 || line.includes('\0')) return null
    attributes.set(line.slice(0, equals), line.slice(equals + 1))
  }
  return attributes
}

/**
 * Takes the whole requests off the front of what was received. Requests that precede a fault are still to be answered.
 * @param text all that was received and not yet taken, latin1
 */
export const readPolicyRequests = (text: string): PolicyReading => {
  const requests: PolicyAttributes[] = []
  let from = 0
  for (;;) {
    const end = text.startsWith('\n', from) ? from : text.indexOf('\n\n', from)
    if (end === -1) break
    if (end === from) return {requests, rest: '', fault: 'an empty request'}
    if (end - from > MAX_REQUEST_BYTES) return {requests, rest: '', fault: 'a request of more than 64 KiB'}
    const attributes = attributesOf(text.slice(from, end))
    if (attributes === null) return {requests, rest: '', fault: 'a line that is not name=value'}
    if (attributes.get('request') !== 'smtpd_access_policy') return {requests, rest: '', fault: 'no request=smtpd_access_policy'}
    requests.push(attributes)
    from = end + 2
  }
  const rest = text.slice(from)
  // Told at once, or a client of another protocol would wait for an answer, and we for its empty line.
  if (/^[^=\n]*\n/m.test(rest)) return {requests, rest: '', fault: 'a line that is not name=value'}
  return rest.length > MAX_REQUEST_BYTES
    ? {requests, rest: '', fault: 'a request of more than 64 KiB'}
    : {requests, rest, fault: null}
}

/** The answer to one request; `action` as access(5) has it. Line breaks would end the answer, so they become blanks. */
export const formatPolicyAction = (action: string): string => `action=${action.replace(/[\r\n\0]+/g, ' ')}\n\n`
