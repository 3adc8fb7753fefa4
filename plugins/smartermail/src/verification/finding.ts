// What verify may find, each under a code that stays.

/** The codes, each with what it means. */
export const CODES = {
  DOMAIN_NOT_CONFIGURED: 'a domain of the bundle is not in the target\'s configuration',
  DOMAIN_PATH_MISSING: 'the directory of a domain is not there',
  FILE_MISSING: 'a file of the bundle is not there',
  FILE_DIFFERS: 'a file is there with another content',
  FILE_UNREADABLE: 'a file cannot be read, or a link stands in its place',
  CONFIG_MISSING: 'a file of the configuration is not there',
  CONFIG_BROKEN: 'a file of the configuration cannot be read as what it is',
  CONFIG_DIFFERS: 'a file of the configuration differs in more than paths, addresses, URLs and ports',
  CONFIG_REWRITTEN: 'the same values, written otherwise: comments, blanks or quotes differ',
} as const

/** A code of the table. */
export type Code = keyof typeof CODES

/** One thing that is not as it was bundled. */
export interface Finding {
  readonly code: Code
  /** Name in the bundle, or the domain's name. */
  readonly name: string
  readonly text: string
}

/** Files that were not compared, since the target's configuration names no directory of this host for them. */
export interface NotCompared {
  /** Root in the bundle (`spool`), or a domain. */
  readonly name: string
  readonly files: number
}

/** Counts of a domain; `''` is all that belongs to none. */
export interface DomainCount {
  readonly domain: string
  readonly files: number
  readonly bytes: number
  readonly same: number
  readonly missing: number
  readonly different: number
  /** Files on the target that the bundle does not have; null: not counted. */
  readonly more: number | null
}
