// What would be done, as plain data: one list that dry run, question, JSON, journal and undo all read.

/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | {readonly [member: string]: JsonValue}
/** An object of JSON. */
export type JsonObject = {readonly [member: string]: JsonValue}

/** What a path looked like: compared again before a change is applied and before it is undone. */
export interface Seen {
  readonly type: 'file' | 'directory' | 'symlink' | 'fifo' | 'other'
  /** Decimal strings: both exceed 2^53 on some file systems. */
  readonly dev: string
  readonly ino: string
  /** Bytes; of a directory always 0, since it says nothing there. */
  readonly size: number
  /** Nanoseconds since the epoch, decimal; of a directory '0', since any entry changes it. */
  readonly mtimeNs: string
  /** Permission bits, 0o7777 at the most. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of a file's content, hex; absent where it was not read. */
  readonly sha256?: string
}

/** Owner and mode of what is created; what is absent is the caller's, or that of the file replaced. */
export interface Attributes {
  readonly mode?: number | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/** Why a change is in the plan, one phrase for people. */
export interface Reasoned {
  readonly why: string
}

/** Creates (`before` null) or replaces a file, atomically. Undone from the copy that the journal keeps. */
export interface WriteChange extends Attributes, Reasoned {
  readonly kind: 'write'
  readonly path: string
  readonly before: Seen | null
  readonly after: Uint8Array
  /** Nanoseconds since the epoch, decimal; the time of writing unless given. */
  readonly mtimeNs?: string | undefined
}

/** Removes a file or a symbolic link (never what it points at), after copying it into the backups. */
export interface RemoveChange extends Reasoned {
  readonly kind: 'remove'
  readonly path: string
  readonly before: Seen
}

/** Makes a symbolic link where nothing stands: how a removed one comes back. */
export interface LinkChange extends Reasoned {
  readonly kind: 'link'
  readonly path: string
  /** What it points at, as symlink(2) takes it; need not exist. */
  readonly target: string
  readonly uid: number
  readonly gid: number
}

/** Renames within one file system; `to` must not exist. */
export interface MoveChange extends Reasoned {
  readonly kind: 'move'
  readonly path: string
  readonly to: string
  readonly before: Seen
}

/** Makes one directory; its parent exists, or an earlier change of the plan makes it. */
export interface MakeDirectoryChange extends Attributes, Reasoned {
  readonly kind: 'mkdir'
  readonly path: string
}

/** Sets owner and mode of a file or directory, never through a symbolic link. */
export interface AttributesChange extends Attributes, Reasoned {
  readonly kind: 'attributes'
  readonly path: string
  readonly before: Seen
}

/** Runs a program without a shell; a status other than 0 fails the plan. Undone by `undo` where there is one. */
export interface RunChange extends Reasoned {
  readonly kind: 'run'
  readonly argv: readonly [string, ...string[]]
  readonly undo?: readonly [string, ...string[]]
  /** Milliseconds; 60,000 unless given. */
  readonly timeoutMs?: number
}

/** Many small changes under one handler of a plugin, which keeps its own record of them (a million queue files, say). */
export interface BulkChange extends Reasoned {
  readonly kind: 'bulk'
  /** Name under which the plugin registers its BulkHandler: `qmail.purge`. */
  readonly handler: string
  readonly direction: 'apply' | 'undo'
  /** All that recovery and undo need to find that record again; goes into the journal. */
  readonly args: JsonObject
  /** False: what it does cannot be taken back; said before anybody confirms. */
  readonly undoable: boolean
  /** One line for people: `move 1,204 messages (5.1 MB) to the trash`. */
  readonly summary: string
}

/** One step of a plan. */
export type Change =
  | WriteChange
  | RemoveChange
  | LinkChange
  | MoveChange
  | MakeDirectoryChange
  | AttributesChange
  | RunChange
  | BulkChange

/** All that a command would do, in order. */
export interface Plan {
  /** What the command is, as history shows it: `qmail purge`. */
  readonly subject: string
  /** An existing directory or file that the plan is about; two plans on one resource exclude each other. */
  readonly resource: string
  readonly changes: readonly Change[]
  /**
   * What `mailops recover` does with a plan that was cut off while it was applied: take back what was done (the
   * default), or finish it. A bulk change decides for itself.
   */
  readonly onCrash?: 'rollback' | 'finish'
}

/** True when every change of the plan can be taken back. */
export const isUndoable = (plan: Plan): boolean =>
  plan.changes.every(change =>
    change.kind === 'bulk' ? change.undoable : change.kind === 'run' ? change.undo !== undefined : true,
  )

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

const attributesText = ({mode, uid, gid}: Attributes): string =>
  [
    mode !== undefined && `mode ${octal(mode)}`,
    uid !== undefined && `uid ${uid}`,
    gid !== undefined && `gid ${gid}`,
  ]
    .filter(part => part !== false)
    .join(' ')

/** A change in one line, as dry runs and questions show it. */
export const changeText = (change: Change): string => {
  switch (change.kind) {
    case 'write':
      return `${change.before === null ? 'create' : 'replace'} ${change.path} (${change.after.length} bytes)`
    case 'remove':
      return `remove ${change.path}`
    case 'link':
      return `link ${change.path} to ${change.target}`
    case 'move':
      return `move ${change.path} to ${change.to}`
    case 'mkdir':
      return `make directory ${change.path}`
    case 'attributes':
      return `set ${change.path}: ${attributesText(change)}`
    case 'run':
      return `run ${change.argv.join(' ')}${change.undo === undefined ? ' (not undoable)' : ''}`
    case 'bulk':
      return `${change.summary}${change.undoable ? '' : ' (not undoable)'}`
  }
}

/** A change as plain JSON, without the bytes it would write. */
export const changeJson = (change: Change): JsonObject => {
  if (change.kind !== 'write') return change as unknown as JsonObject
  const {after, ...rest} = change
  return {...(rest as unknown as JsonObject), bytes: after.length}
}
