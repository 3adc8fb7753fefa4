// What a setting's name says of it, where the value alone does not.

/** The names of a value: its own, and what else names it. */
export interface Labels {
  readonly name: string
  readonly context: string
}

const SECRET = /pass(?:word|wd|phrase|code)?(?!ive|ed|es|age|through|port\b)|pwd|secret|token|private_?key|api_?key|credential|licen[cs]e_?key|product_?key|activation|_key$|salt|hash(?!tag)/i
const PLACE = /(?:path|file|dir|directory|folder|root|url|location|length|count|age|days|hours|minutes|seconds|expir\w*|enabled?|required|policy|min|max|type|algorithm)s?$/i

/** True for a name under which secrets are kept; a place of secrets (`PasswordFile`) and their rules are none. */
export const isSecretName = ({name, context}: Labels): boolean =>
  isSecret(name) || (/^(?:value|text|data|string)$/i.test(name) && isSecret(context))

const isSecret = (text: string): boolean => SECRET.test(text) && !PLACE.test(text)

/** True for a setting of the servers that names are looked up at; block lists and reverse look-ups are other matters. */
export const isDnsName = ({name, context}: Labels): boolean => isDns(name) || isDns(context)

const isDns = (text: string): boolean => /dns|name_?server|resolver/i.test(text) && !/dns[_-]?[bwr]+l|rdns|reverse|rbl|uribl|surbl|dnssec/i.test(text)

const PORT = /(?:^|[^A-Za-z])ports?$|[a-z]Ports?$|PORTS?$|(?:smtp|imap|pop3?|ldap|https?|xmpp|ssl|tls|bound|listen|listening|submission|server|web)_?ports?$/

/** True for the number of a port. */
export const isPort = ({name, context}: Labels, value: string): boolean =>
  /^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65_536 && (PORT.test(name) || (/^value$/i.test(name) && PORT.test(context.trim())))
