// What every kind of change can do: stage, commit, say how far it is, revert, and name its inverse.
import {dirname, join} from 'node:path'

import type {Change, JsonObject, Seen} from '../../plan.js'
import type {Saved} from '../journal-records.js'

/** Where a change keeps what it needs: its number in the plan and the backups of its journal. */
export interface Slot {
  readonly n: number
  readonly journalId: string
  /** Folder of this journal below backups/, 0700; made by the first change that needs it. */
  readonly backups: string
  /** Appends a synced record to the journal. */
  readonly note: (note: JsonObject) => void
}

/** The file that waits in a target's directory; without the target's own name, which may be as long as names can be. */
export const besideTarget = (path: string, {journalId, n}: Omit<Slot, 'note'>): string => join(dirname(path), `.mailops-${journalId}-${n}`)

/** `before`: not made; `after`: made; `other`: somebody else has been there since. */
export type Standing = 'before' | 'after' | 'other'

/** One kind of change. All of it is idempotent, since recovery may do any step a second time. */
export interface ChangeEffect<C extends Change> {
  /** Files that `stage` will make; written to the journal before they exist, so that a crash leaves none behind. */
  plan?(change: C, slot: Slot): Saved
  /** Writes all that needs room on a disk, changes nothing that anybody reads, gives what the journal must remember. */
  stage?(change: C, slot: Slot, saved: Saved): Saved
  /** Makes the change. */
  commit(change: C, slot: Slot, saved: Saved): Promise<void> | void
  /** What stands there once it is made: the precondition of taking it back. */
  outcome(change: C): Seen | null
  /** How far it is, from the disk alone. */
  standing(change: C, slot: Slot, saved: Saved): Standing
  /** Ends what a crash may have left half made, for changes that take more than one step; called when it stands `after`. */
  complete?(change: C): void
  /** Takes it back; called only when it stands `after`. */
  revert(change: C, slot: Slot, saved: Saved): Promise<void> | void
  /** The change that takes it back later, null when there is none. */
  inverse(change: C, done: {slot: Omit<Slot, 'note'>; saved: Saved; after: Seen | null}): Change | null
}
