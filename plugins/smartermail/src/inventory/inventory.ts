// What an installation consists of, found by value: no schema is assumed, since none is published.
import type {Era} from '../source/source.js'

/** How a value was recognised. `address` is an IP address, `dns` one under a name that speaks of DNS. */
export type ValueKind = 'path' | 'address' | 'dns' | 'port' | 'url' | 'secret'

/** A value worth showing, and where it stands. */
export interface Value {
  /** Name of its file, relative to the Service folder, parted by `/`. */
  readonly file: string
  /** XPath-like (`/DomainList/Domain[3]/@path`) or a JSON pointer; `--set` takes it. */
  readonly location: string
  /** From 1; columns in characters. */
  readonly line: number
  readonly column: number
  readonly kind: ValueKind
  /** As the parser gives it, unescaped; null for a secret, which is never kept. */
  readonly value: string | null
}

/** Something wrong with a file, where a person can look for it. */
export interface FileProblem {
  /** Stable: `BROKEN_XML`, `BROKEN_JSON`, `DOCTYPE`, `ENCODING`, `TOO_LARGE`, `LINK`, `UNREADABLE` ... */
  readonly code: string
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

/** A file of the configuration. */
export interface ConfigFile {
  /** Relative to the Service folder, parted by `/`: `domainList.xml`, `Settings/domains.json`. */
  readonly name: string
  /** `opaque` is copied as it is. */
  readonly format: 'xml' | 'json' | 'opaque'
  /** `utf-8`, `utf-16le`, `windows-1252`; null where it is not text or could not be told. */
  readonly encoding: string | null
  readonly bom: boolean
  readonly bytes: number
  readonly mtimeMs: number
  readonly sha256: string
  readonly problem: FileProblem | null
}

/** A domain, as far as the values tell. */
export interface Domain {
  readonly name: string
  /** Its directory, as the configuration writes it. */
  readonly path: string
  /** `certain`: the name stands beside the path; `likely`: both are under one element; `guess`: the path's last segment. */
  readonly confidence: 'certain' | 'likely' | 'guess'
  readonly file: string
  readonly location: string
  /** Its directory on this host, null when it is not here. */
  readonly local: string | null
  readonly files: number | null
  readonly bytes: number | null
}

/** A directory that the configuration names by a setting that speaks of the spool or of logs. */
export interface NamedDirectory {
  readonly kind: 'spool' | 'logs'
  readonly path: string
  readonly file: string
  readonly location: string
  readonly local: string | null
}

/** All that can be told of an installation without changing it. */
export interface Inventory {
  /** Absolute. */
  readonly serviceDirectory: string
  /** Directory of the configuration below it: '' (XML era, or Settings itself was named) or `Settings`. */
  readonly configDirectory: string
  readonly era: Era
  /** What tells the era: the program's version, or which files there are. */
  readonly eraFrom: 'program' | 'files'
  /** `16.3.6989` */
  readonly version: string | null
  /** What kind of host its paths are of. */
  readonly host: 'windows' | 'posix'
  readonly files: readonly ConfigFile[]
  readonly domains: readonly Domain[]
  /** Entries of domains without a path. */
  readonly pathless: readonly {readonly name: string; readonly file: string; readonly location: string}[]
  readonly directories: readonly NamedDirectory[]
  readonly values: readonly Value[]
}
