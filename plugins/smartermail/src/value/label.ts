// What a setting's name says of it, where the value alone does not.

/** The names of a value: its own, and what else names it. */
export interface Labels {
  readonly name: string
  readonly context: string
}

const SECRET = /pass(?:word|wd|phrase|code)?(?!ive|ed|es|age|through|port\b)|pwd|secret|token|private_?key|api_?key|credential|licen[cs]e_?key|product_?key|activation|_key$|salt|hash(?!tag)/i
const PLACE = /(?:path|file|dir|directory|folder|root|url|location|length|count|age|days|hours|minutes|seconds|expir\w*|enabled?|required|policy|min|max|type|algorithm)s?$/i

// A configuration has few names and many values under them.
const MOST_REMEMBERED = 10_000
const remembered = new Map<string, boolean>()

const isSecret = (text: string): boolean => {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const is = SECRET.test(text) && !PLACE.test(text)
  if (remembered.size < MOST_REMEMBERED) remembered.set(text, is)
  return is
}

/** True for a name under which secrets are kept; a place of secrets (`PasswordFile`) and their rules are none. */
export const isSecretName = (labels: Labels): boolean =>
  // The context has to be put together: it is asked for only where it counts.
  isSecret(labels.name) || (labels.name.length < 7 && /^(?:value|text|data|string)$/i.test(labels.name) && isSecret(labels.context))

/** True for a setting of the servers that names are looked up at; block lists and reverse look-ups are other matters. */
export const isDnsName = ({name, context}: Labels): boolean => isDns(name) || isDns(context)

const isDns = (text: string): boolean => /dns|name_?server|resolver/i.test(text) && !/dns[_-]?[bwr]+l|rdns|reverse|rbl|uribl|surbl|dnssec/i.test(text)

const PORT = /(?:^|[^A-Za-z])ports?$|[a-z]Ports?$|PORTS?$|(?:smtp|imap|pop3?|ldap|https?|xmpp|ssl|tls|bound|listen|listening|submission|server|web)_?ports?$/

/** True for the number of a port. */
export const isPort = (labels: Labels, value: string): boolean =>
  /^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65_536 && (PORT.test(labels.name) || (/^value$/i.test(labels.name) && PORT.test(labels.context.trim())))
