// The file names of qgreylist and jgreylist, whose times are their whole content.
import {makeRule} from '../policy/rule.js'
import {importedOf, type Imported, type ImportTarget} from './imported.js'

/** Times of a file, milliseconds. */
export interface Times {
  readonly atime: number
  readonly mtime: number
}

/** `192.0.2.` and `192.0.` are networks, `192.0.2.7` an address; null for every other name. */
export const qgreylistRange = (name: string): string | null => {
  const parts = name.replace(/\.$/, '').split('.')
  if (parts.some(part => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null
  if (name.endsWith('.') ? parts.length < 2 || parts.length > 3 : parts.length !== 4) return null
  return parts.length === 4 ? name : `${[...parts, '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`
}

/** A state file of qgreylist: mtime first sight, atime last pass, equal: seen once. */
export const qgreylistRecord = (name: string, {atime, mtime}: Times, target: ImportTarget): Imported => {
  const client = qgreylistRange(name)
  if (client === null) return {skipped: 'a name that is no address'}
  // Whole seconds: utime(2) of Perl sets no more.
  const hasPassed = Math.floor(atime / 1000) > Math.floor(mtime / 1000)
  return importedOf({client, first: mtime, last: hasPassed ? atime : mtime, hasPassed}, target)
}

/** A whitelist file of qgreylist: allowed for good. */
export const qgreylistAllow = (name: string, now: number): Imported => {
  const text = qgreylistRange(name)
  return text === null ? {skipped: 'a name that is no address'} : {rule: makeRule({list: 'allow', text, kind: 'ip', note: 'from the whitelist of qgreylist', added: now})}
}

/** A file of jgreylist, `192/000/002` or `192/000/002/007`: early retries set its atime too. */
export const jgreylistRecord = (path: string, {atime, mtime}: Times, target: ImportTarget): Imported => {
  const parts = path.split('/').map(Number)
  if (parts.length < 3 || parts.length > 4 || parts.some(part => !Number.isInteger(part) || part < 0 || part > 255)) return {skipped: 'a name that is no address'}
  const client = parts.length === 4 ? parts.join('.') : `${parts.join('.')}.0/24`
  return importedOf({client, first: mtime, last: Math.max(atime, mtime), hasPassed: atime - mtime >= target.formerDelay}, target)
}
