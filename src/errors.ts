// What can go wrong, as an administrator sees it: a code, a message, the next command to type, an exit status.

/** Exit statuses by meaning: sysexits(3), as the README lists them. */
export const EXIT = {
  done: 0,
  found: 1,
  usage: 64,
  badData: 65,
  noInput: 66,
  unavailable: 69,
  bug: 70,
  cannotCreate: 73,
  io: 74,
  tryAgain: 75,
  noPermission: 77,
  configuration: 78,
  interrupted: 130,
} as const

/** The name of an exit status: where an error is made it says this, and its number is decided above. */
export type ExitName = keyof typeof EXIT

/** What an error has besides its code and message. */
export interface OpsErrorOptions {
  exit: ExitName
  /** A command to paste, or one sentence that says what to do. */
  hint?: string
  cause?: unknown
}

/**
 * An error that an administrator can act on. `message` names the object and its state
 * (`/var/qmail/queue is in use by qmail-send (pid 812)`); everything that is not an OpsError is our bug.
 */
export class OpsError extends Error {
  override readonly name = 'OpsError'
  readonly code: string
  readonly hint: string | undefined
  /** Read by oclif, and by `describe` below. */
  readonly oclif: {exit: number}

  constructor(code: string, message: string, {exit, hint, cause}: OpsErrorOptions) {
    super(message, cause === undefined ? undefined : {cause})
    this.code = code
    this.hint = hint
    this.oclif = {exit: EXIT[exit]}
  }
}

/** True for an OpsError of any copy of this package: a plugin may have loaded its own, so `instanceof` would lie. */
export const isOpsError = (error: unknown): error is OpsError =>
  error instanceof Error && error.name === 'OpsError' && typeof (error as {code?: unknown}).code === 'string'

/** An error as --json prints it; members are only ever added. */
export interface ErrorDescription {
  code: string
  message: string
  hint?: string
  exit: number
}

interface ForeignError {
  name?: string
  message?: string
  code?: string
  oclif?: {exit?: number}
  showHelp?: boolean
}

/** The one truth about an error for text, JSON and the exit status. A usage error of oclif is 64 `USAGE`, an unknown one 70 `BUG`. */
export const describe = (error: unknown): ErrorDescription => {
  if (isOpsError(error))
    return {
      code: error.code,
      message: error.message,
      ...(error.hint !== undefined && {hint: error.hint}),
      exit: error.oclif.exit,
    }
  const {message = String(error), code, oclif} = (error ?? {}) as ForeignError
  if (code === 'EEXIT') return {code, message, exit: oclif?.exit ?? EXIT.done}
  if (oclif?.exit === EXIT.usage)
    return {code: 'USAGE', message: usageText(message), hint: 'mailops help', exit: EXIT.usage}
  // Whatever status oclif thought of (1 where a module does not load): it was not foreseen, so it is ours to mend.
  return {code: 'BUG', message, exit: EXIT.bug}
}

// oclif ends its usage errors with a line of its own that names neither command nor topic, and breaks others within the
// sentence (`Parsing --limit \n\tExpected ...`); a tab would be shown as \t.
const usageText = (message: string): string =>
  message.replace(/\n?See more help with --help\s*$/, '').replace(/^Parsing (\S+)\s*\n\s*E/, '$1: e').replace(/ *\n\t/g, ': ').trim()

/** Errors of the operating system that are the administrator's to mend, with the exit status of each (errno(3)). */
const SYSTEM: Readonly<Record<string, {exit: ExitName; text: string}>> = {
  ENOENT: {exit: 'noInput', text: 'no such file or directory'},
  ENOTDIR: {exit: 'noInput', text: 'not a directory'},
  EISDIR: {exit: 'noInput', text: 'is a directory'},
  ELOOP: {exit: 'badData', text: 'is a symbolic link, which is never followed here'},
  EACCES: {exit: 'noPermission', text: 'permission denied'},
  EPERM: {exit: 'noPermission', text: 'operation not permitted'},
  EROFS: {exit: 'cannotCreate', text: 'read-only file system'},
  EEXIST: {exit: 'cannotCreate', text: 'is there already'},
  ENOSPC: {exit: 'cannotCreate', text: 'no space or no inodes left on its file system'},
  EDQUOT: {exit: 'cannotCreate', text: 'disk quota exceeded'},
  ENOTEMPTY: {exit: 'tryAgain', text: 'is not empty'},
  ENAMETOOLONG: {exit: 'badData', text: 'name too long'},
  EFBIG: {exit: 'cannotCreate', text: 'larger than a file may be (ulimit -f)'},
  EXDEV: {exit: 'cannotCreate', text: 'is on another file system'},
  EIO: {exit: 'io', text: 'input/output error'},
  EMFILE: {exit: 'tryAgain', text: 'too many open files'},
  ENFILE: {exit: 'tryAgain', text: 'too many open files on this machine'},
  EBUSY: {exit: 'tryAgain', text: 'is busy'},
}

/**
 * Turns an error of the operating system into an OpsError that names the path; gives back anything else untouched.
 * @param doing what was tried, as `cannot ...` goes on: `open`, `rename`
 */
export const fromSystem = (error: unknown, doing: string, path: string): unknown => {
  // Told already, with the path that it was about.
  if (isOpsError(error)) return error
  const code = (error as NodeJS.ErrnoException | null)?.code
  const known = code === undefined || !Object.hasOwn(SYSTEM, code) ? undefined : SYSTEM[code]
  if (known === undefined || code === undefined) return error
  return new OpsError(code, `cannot ${doing} ${path}: ${known.text}`, {exit: known.exit, cause: error})
}
