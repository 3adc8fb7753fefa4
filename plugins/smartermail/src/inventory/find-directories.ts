// Spool and log directories: paths under a name that says so.
import {wholePath} from '../value/path-in-value.js'
import {lastSegment, samePath} from '../value/windows-path.js'
import type {Found} from './find-values.js'
import type {NamedDirectory} from './inventory.js'

const kindOf = ({name, value}: Found): NamedDirectory['kind'] | null => {
  if (/spool/i.test(name)) return 'spool'
  if (/^log(?:s|ging)?_?(?:path|dir\w*|folder|root|location)?$|logs?_?(?:path|dir\w*|folder)$/i.test(name)) return 'logs'
  // <add key="..." value="C:\SmarterMail\Spool"/>
  return /^spool$/i.test(lastSegment(value)) ? 'spool' : /^logs$/i.test(lastSegment(value)) ? 'logs' : null
}

/** The spool and log directories among values; of several settings with one path the first. */
export const findDirectories = (values: readonly Found[]): Omit<NamedDirectory, 'local'>[] => {
  const found: Omit<NamedDirectory, 'local'>[] = []
  for (const value of values) {
    if (value.kind !== 'path' || wholePath(value.value) === null) continue
    const kind = kindOf(value)
    if (kind === null || found.some(one => one.kind === kind && samePath(one.path, value.value))) continue
    found.push({kind, path: value.value, file: value.file, location: value.location})
  }
  return found
}
