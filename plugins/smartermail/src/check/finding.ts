// What check can find, each under a stable code.

/** How much it matters: a problem stops the move or loses something, a warning wants a look, a note does not count. */
export type Severity = 'problem' | 'warning' | 'note'

/** One thing that was found. */
export interface Finding {
  readonly code: Code
  readonly severity: Severity
  /** What it is about: a file with line and column, a domain, a path. */
  readonly where: string
  readonly text: string
}

/** Every code, its severity and its meaning. */
export const CODES = {
  BROKEN_XML: ['problem', 'not well-formed XML, truncated or empty'],
  BROKEN_JSON: ['problem', 'not JSON, truncated or empty; a copy may be in Archived Data'],
  DOCTYPE: ['problem', 'a document type, where entities hide'],
  ENCODING: ['problem', 'bytes that its encoding does not have'],
  TOO_DEEP: ['problem', 'nested deeper than any configuration'],
  TOO_LARGE: ['problem', 'larger than any configuration'],
  PARSERS_DISAGREE: ['problem', 'two parsers read it differently'],
  UNREADABLE: ['problem', 'cannot be read'],
  SPECIAL: ['problem', 'neither file nor directory among the configuration'],
  LINK: ['warning', 'a link, which is never followed'],
  DUPLICATE_MEMBER: ['warning', 'a JSON member that stands twice; readers differ in which they take'],
  NO_DOMAINS: ['warning', 'no domain was found in the configuration'],
  DOMAIN_NO_PATH: ['problem', 'a domain without a directory'],
  DOMAIN_DUPLICATE: ['problem', 'a domain that stands twice, also by case or as IDN'],
  DOMAIN_MAIL_PREFIX: ['warning', 'x and mail.x: the second may vanish from the list'],
  PATH_NOT_FOUND: ['problem', 'the directory of a domain is not there'],
  PATH_NOT_HERE: ['note', 'the directory of a domain is on another host'],
  PATH_DUPLICATE: ['problem', 'one directory for two domains'],
  PATH_NESTED: ['problem', "one domain's directory lies in another's"],
  PATH_OUTSIDE: ['warning', 'an absolute path outside the installation: what it names must be brought along by hand'],
  PATH_IN_DATA: ['warning', "settings in a domain's directory that name where it lies; migrate copies them as they are"],
  PATH_TOO_LONG: ['warning', 'a path of more than 259 characters, which many Windows programs cannot open'],
  CASE_COLLISION: ['problem', 'names that differ by case only: one file on Windows'],
  NAME_UNFIT: ['problem', 'a name that Windows cannot have'],
  SERVICE_RUNS: ['problem', 'a service uses the folder'],
  RECENT_WRITE: ['warning', 'the configuration was written within the last minutes'],
  LOCK_FILE: ['warning', 'a lock or temporary file: a service runs, or was stopped uncleanly'],
  SPOOL_ACTIVE: ['warning', 'messages wait in the spool'],
  VERSION_UNKNOWN: ['note', 'the version cannot be told'],
  VERSION_MISMATCH: ['problem', 'source and target are of different versions'],
  ERA_MISMATCH: ['problem', 'source and target are of different eras'],
  ERA_MIXED: ['warning', 'the program is of another era than the files'],
  NO_SPACE: ['problem', 'no room for the data on the target'],
  NO_SPACE_BUNDLE: ['warning', 'no room for a bundle of this size in the current directory'],
  TARGET_BROKEN: ['warning', "a file of the target's configuration is broken; migrate replaces it"],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>

/** A code of the table. */
export type Code = keyof typeof CODES

/** A finding, its severity from the table. */
export const finding = (code: Code, where: string, text: string): Finding => ({code, severity: CODES[code][0], where, text})

/** True for a code of the table. */
export const isCode = (code: string): code is Code => Object.hasOwn(CODES, code)
