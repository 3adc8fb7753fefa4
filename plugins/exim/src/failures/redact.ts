// Takes credentials out of what is shown: keys of cPanel's service accounts, what AUTH carries, passwords in debug lines.

const MASK = '[redacted]'

// The rest of the name is one half of the key pair (Cpanel::ServiceAuth).
const SERVICE_KEY = /(__cpanel__service__auth__[a-z0-9-]+?__)[^\s()'"\]]+/gi
// AUTH PLAIN <base64>, also where a proof line quotes the command, and where the base64 stands alone behind `>> `.
const AUTH = /\b(AUTH\s+(?!command\b)[A-Z0-9-]+\s+)(?!\[)[A-Za-z0-9+/_-]{4,}={0,2}/gi
const SENT_BASE64 = /^(\s*(?:(?:>>|<<)\s*)?)[A-Za-z0-9+/]{16,}={0,2}(?=\s*$)/
const GIVEN = /((?:given password|password|passwd|pass|secret)\s*[:=]\s*)[^\s,;)]+/gi

/** Takes any line of a log, returns it without what could log somebody in. */
export const redact = (text: string): string =>
  text
    .replace(SERVICE_KEY, `$1${MASK}`)
    .replace(AUTH, `$1${MASK}`)
    .replace(SENT_BASE64, `$1${MASK}`)
    .replace(GIVEN, `$1${MASK}`)

const SERVICE = /^__cpanel__service__auth__([a-z0-9-]+?)__/i

/** The service whose key an account is, null when it is an ordinary account. */
export const serviceOf = (account: string): string | null =>
  account.charCodeAt(0) === 95 ? (SERVICE.exec(account)?.[1] ?? null) : null
