// What a migration reads from: an installation's folders or a bundle of them, file by file, each with its digest.

/** The XML files of up to 16.x, the JSON files since, or no telling. */
export type Era = 'xml' | 'json' | 'unknown'

/** What a root holds; `service` is the configuration, all else is data. */
export type RootKind = 'service' | 'domains' | 'spool' | 'logs'

/** A directory that files are taken from; its `name` is the first segment of their names. */
export interface SourceRoot {
  /** `service`, `domains`, `domains-2`, `spool`, `logs`; unique in a source. */
  readonly name: string
  readonly kind: RootKind
  /** Where the files were read from, in the words of the machine that read them. */
  readonly path: string
  /** The directory by which the configuration calls it (`C:\SmarterMail\Domains`); null when it names none, or several. */
  readonly configured: string | null
}

/** A domain of the installation and where its files are in the source. */
export interface SourceDomain {
  readonly name: string
  /** Its path as the configuration writes it. */
  readonly configured: string
  /** Name of its directory in the source, `domains/example.com`; null when its data is not in the source. */
  readonly at: string | null
}

/** A file of a source. */
export interface SourceEntry {
  /** Root and path below it, parted by `/` on every host: `domains/example.com/accountList.xml`. Always a portable name. */
  readonly name: string
  readonly bytes: number
  readonly mtimeMs: number
  /** Hex SHA-256. null: a folder's file, whose digest is known once it has been read. */
  readonly sha256: string | null
  /** What was wrong when it was bundled: it changed, or lost bytes (which are zeros in the bundle), while it was read. */
  readonly flaw?: 'changed' | 'shortened'
}

/** A file together with its content. */
export interface SourceFile extends SourceEntry {
  /**
   * The content, once, in pieces, exactly `bytes` long; to be read before the next file is asked for (unread: skipped).
   * Its end is reached only when size and digest are as promised, so what was read is to be trusted only after that.
   * @throws OpsError 65 `BUNDLE_DAMAGED` where a bundle's content is not what its manifest says, 75 `CHANGED` for a
   * folder's file that changed meanwhile
   */
  readonly content: () => AsyncIterable<Uint8Array>
  /** Hex SHA-256 of what was read; only after the content's end. */
  readonly digest: () => string
}

/** A file or directory that is not in the source, and why. */
export interface LeftOut {
  readonly name: string
  readonly reason: 'link' | 'special' | 'name' | 'unreadable' | 'vanished'
  /** Target of a link, error of a file that cannot be read. */
  readonly detail?: string
}

/** An installation to move. */
export interface Source {
  readonly kind: 'folder' | 'bundle'
  /** The Service folder or the bundle, as the user named it. */
  readonly path: string
  readonly era: Era
  /** `16.3.6989`, null where it cannot be told. */
  readonly version: string | null
  readonly roots: readonly SourceRoot[]
  readonly domains: readonly SourceDomain[]
  /** All files, without content, in the order in which `files` gives them: `service` first. */
  readonly entries: readonly SourceEntry[]
  /** Directories with nothing in them, named as files are: without these a mail folder could be lost. */
  readonly emptyDirectories: readonly string[]
  readonly leftOut: readonly LeftOut[]
  /** The files that are wanted (all without `wanted`), in order. A bundle is read as far as the last wanted one only. */
  readonly files: (wanted?: (entry: SourceEntry) => boolean) => AsyncIterable<SourceFile>
  readonly close: () => Promise<void>
}
