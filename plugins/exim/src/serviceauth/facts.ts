// What was seen of the keys of one service: everything but the keys.
import type {Seen} from 'mailops/core'

import type {KeyFile} from './layout.js'

/** One directory or file. */
export interface EntryFacts extends Pick<Seen, 'type' | 'dev' | 'ino' | 'size' | 'mode' | 'uid' | 'gid'> {
  /** Names that a file has; of a directory 1. */
  readonly links: number
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number
  /** First 12 hex digits of the SHA-256 of a whole key: tells two keys apart, and gives neither away. */
  readonly fingerprint?: string
}

/** The keys of one service. */
export interface ServiceFacts {
  readonly service: string
  readonly path: string
  /** Null: not there. */
  readonly directory: EntryFacts | null
  readonly keys: Readonly<Record<KeyFile, EntryFacts | null>>
}

/** The whole of serviceauth. */
export interface SeenServiceauth {
  readonly path: string
  readonly directory: EntryFacts
  readonly services: readonly ServiceFacts[]
}
