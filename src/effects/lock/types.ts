// What a lock is to its users, and what each way of locking has to give.

/** An exclusive lock; it also ends with our process, however that ends. */
export interface Lock {
  readonly path: string
  /** False after `release`, and when the helper process that holds it for us was killed. */
  held(): boolean
  /** Gives it back; a second call does nothing. */
  release(): Promise<void>
}

/** Who has the lock. */
export interface Holder {
  pid: number
  /** Command line on one line, safe for a terminal. */
  command: string
  /** ISO 8601, where the holder left a note. */
  since?: string
}

/** How to lock; nothing of it is needed to lock an existing file on Linux. */
export interface LockOptions {
  /** Create an empty file (0600) when there is none; otherwise a missing one is an error. */
  create?: boolean
  /** Where holders leave a note of who they are (best effort, 0600); needed only where the system cannot tell. */
  notesDir?: string
  /** Where a lock file may be made for a path that cannot itself be locked (FreeBSD: directories; Windows: all). */
  runDir?: string
  /** Another way of locking than this platform's own. */
  backend?: LockBackend
}

/** One way of locking. */
export interface LockBackend {
  /** Null: another has it. Must not wait. */
  tryLock(path: string, options: LockOptions): Promise<Lock | null>
  /** Null: nobody, or not known by this means. */
  holder(path: string, options: LockOptions): Promise<Holder | null>
}
