// What a command says about parts of a queue that it could not read, and the status it must end with.
import {EXIT, isOpsError, plural} from 'mailops/core'

/** Something that could not be read: an OpsError for a directory, code and sentence for a file. */
export interface Unreadable {
  readonly code?: string
  readonly message: string
}

/** Warnings, and the exit status once everything else is done; undefined when there is nothing to warn of. */
export interface UnreadableReport {
  readonly warnings: readonly string[]
  readonly exit: number | undefined
}

/** Takes what could not be read (`count`, when more than listed) and returns what to say: 77 for permissions, else 74. */
export const unreadableReport = (unreadable: readonly Unreadable[], count = unreadable.length): UnreadableReport => {
  if (count === 0) return {warnings: [], exit: undefined}
  const more = count - unreadable.length
  const isDenied = unreadable.some(({code}) => code === 'EACCES' || code === 'EPERM')
  const known = unreadable.find(isOpsError)
  return {
    warnings: [
      ...unreadable.map(({message}) => message),
      ...(more > 0 ? [`${plural(more, 'more file')} could not be read`] : []),
    ],
    exit: isDenied ? EXIT.noPermission : (known?.oclif.exit ?? EXIT.io),
  }
}
