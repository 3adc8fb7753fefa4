// The copy of the old keys that outlives everything else: a tar of mode 0600 in the journal's own backups.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {fromSystem} from 'mailops/core'
import {privateDirectory, syncDirectory, type BulkContext} from 'mailops/effects'

/** Writes `serviceauth.tar` with the directories of some services; gives its path. Synced before anything is moved. */
export const backUp = async (
  base: string,
  services: readonly string[],
  {place, journalId}: BulkContext,
): Promise<string> => {
  const {create} = await import('tar')
  const directory = join(place.backups, journalId)
  privateDirectory(directory)
  const file = join(directory, 'serviceauth.tar')
  try {
    // `./`: a name that begins with @ would be taken for an archive to read.
    create(
      {file, cwd: base, sync: true, mode: 0o600, strict: true},
      services.map(service => `./${service}`),
    )
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    syncDirectory(directory)
  } catch (error) {
    throw fromSystem(error, 'write', file)
  }
  return file
}
