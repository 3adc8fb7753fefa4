// The command with which a guardian recovers a change of ours when we are killed while qmail-send is stopped.
import {basename} from 'node:path'

import type {Argv} from 'mailops/effects'

/** `mailops recover ID` of this very installation; undefined when this process is not mailops but a user of its library. */
export const recoverArgv = (journalId: string): Argv | undefined => {
  const program = process.argv[1]
  if (program === undefined || !/^(run\.js|mailops)$/.test(basename(program))) return undefined
  return [process.execPath, program, 'recover', journalId]
}
