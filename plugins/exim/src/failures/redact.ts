// Takes credentials out of what is shown: keys of cPanel's service accounts, what AUTH carries, passwords in debug lines.

const MASK = '[redacted]'

// The rest of the name is one half of the key pair (Cpanel::ServiceAuth).
const SERVICE_KEY = /(__cpanel__service__auth__[a-z0-9-]+?__)[^\s()'"\]]+/gi
// AUTH PLAIN <base64>, also where a proof line quotes the command, and where the base64 stands alone behind `>> `.
const AUTH = /\b(AUTH\s+(?!command\b)[A-Z0-9-]+\s+)(?!\[)[A-Za-z0-9+/_-]{4,}={0,2}/gi
const SENT_BASE64 = /^(\s*(?:(?:>>|<<)\s*)?)[A-Za-z0-9+/]{16,}={0,2}(?=\s*$)/
const GIVEN = /((?:given password|password|passwd|pass|secret)\s*[:=]\s*)[^\s,;)]+/gi

// A password where the name belongs: two lines swapped in a mail program, or fields shifted. Nobody is called so: no
// address, and letters of both cases with digits in one word, or a sign that names have not. PLAIN's three fields in one,
// as they are or in base64, are never a name.
const ADDRESS = /@[^@]*\./
const MIXED = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[^.\\\s_()-]{8,}$/
const SIGNED = /^(?=.*[A-Z\d])(?=.*[!#$&*?^~])[^\s()]{6,}$/
// Exim writes a NUL as \000, and doubles a backslash that was one.
const FIELDS = /(?:^|[^\\])(?:\\\\){0,8}\\000/
const BASE64 = /^[A-Za-z0-9+/]{12,}={0,2}$/
const SET_ID = '(set_id='

const isSecret = (name: string): boolean =>
  FIELDS.test(name) ||
  (BASE64.test(name) && Buffer.from(name, 'base64').includes(0)) ||
  (!ADDRESS.test(name) && !name.startsWith('__cpanel__') && (MIXED.test(name) || SIGNED.test(name)))

// Without a regular expression: where the needle comes often, one would go through the rest of the line for each.
const maskAccount = (text: string): string => {
  const start = text.indexOf(SET_ID) + SET_ID.length
  if (start < SET_ID.length) return text
  const detail = text.indexOf('): ', start)
  const end = detail >= 0 ? detail : text.endsWith(')') ? text.length - 1 : text.length
  return isSecret(text.slice(start, end)) ? text.slice(0, start) + MASK + text.slice(end) : text
}

/** Takes what a client called itself, returns it without a key of a service, and a mask where it looks like a password. */
export const redactName = (name: string): string => (isSecret(name) ? MASK : redact(name))

/** Takes any line of a log, returns it without what could log somebody in. */
export const redact = (text: string): string =>
  maskAccount(text)
    .replace(SERVICE_KEY, `$1${MASK}`)
    .replace(AUTH, `$1${MASK}`)
    .replace(SENT_BASE64, `$1${MASK}`)
    .replace(GIVEN, `$1${MASK}`)

const SERVICE = /^__cpanel__service__auth__([a-z0-9-]+?)__/i

/** The service whose key an account is, null when it is an ordinary account. */
export const serviceOf = (account: string): string | null =>
  account.charCodeAt(0) === 95 ? (SERVICE.exec(account)?.[1] ?? null) : null
