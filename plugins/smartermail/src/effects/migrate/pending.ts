// A file that is about to be copied: tells afterwards whether a failure was the source's own doing.
import {describe} from 'mailops/core'

import type {Source, SourceFile} from '../../source/source.js'

/** A file and what became of it while it was read. */
export interface Pending {
  readonly name: string
  readonly content: () => AsyncIterable<Uint8Array>
  /** True when reading failed because the file of a running server went, changed or is held by it. */
  readonly hasMoved: () => boolean
}

// Taken away by delivery or a user; written to; held by the service (Windows); a directory on the way went.
const MOVED = new Set(['CHANGED', 'ENOENT', 'ENOTDIR', 'EBUSY'])

/** Wraps a file of a source; a bundle's files never move: there any failure is one. */
export const pending = (file: SourceFile, kind: Source['kind']): Pending => {
  let failure: unknown = null
  return {
    name: file.name,
    content: async function* () {
      try {
        // Not yield*: an error of who writes must not be taken for one of reading.
        for await (const piece of file.content()) yield piece
      } catch (error) {
        failure = error
        throw error
      }
    },
    hasMoved: () => kind === 'folder' && failure !== null && MOVED.has(describe(failure).code),
  }
}
