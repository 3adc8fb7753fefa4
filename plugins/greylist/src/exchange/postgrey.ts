// postgrey's databases, as `db_dump -p` writes them: keys and values on alternate lines, one blank before each.
import {importedOf, type Imported, type ImportTarget} from './imported.js'

/** `\5c` and `\\` of db_dump's printable form. */
const unescape = (text: string): string =>
  text.replace(/\\(\\|[0-9a-fA-F]{2})/g, (_, code: string) => (code === '\\' ? '\\' : String.fromCharCode(Number.parseInt(code, 16))))

/** `net/sender/recipient` = `first,last` (postgrey.db), or `address` = `count,last` (postgrey_clients.db). */
const record = (key: string, value: string, target: ImportTarget): Imported => {
  const [left, right] = value.split(',').map(Number)
  if (left === undefined || right === undefined) return {skipped: 'not a record of postgrey'}
  const slash = key.indexOf('/')
  if (slash < 0) {
    if (/^[0-9a-f]{40}$/.test(key)) return {skipped: 'a key that --privacy has hashed'}
    const last = right * 1000
    return importedOf({client: key, first: last, last, hasPassed: left > 0}, target)
  }
  const second = key.indexOf('/', slash + 1)
  if (second < 0) return {skipped: 'not a record of postgrey'}
  const [first, last] = [left * 1000, right * 1000]
  return importedOf(
    {client: key.slice(0, slash), sender: key.slice(slash + 1, second), recipient: key.slice(second + 1), first, last, hasPassed: last - first >= target.formerDelay},
    target,
  )
}

/** Reads a dump line by line. */
export const postgreyReader = (target: ImportTarget): ((line: string) => Imported | null) => {
  let isData = false
  let key: string | null = null
  return line => {
    if (!isData) {
      isData = line === 'HEADER=END'
      return null
    }
    if (line === 'DATA=END') {
      isData = false
      return null
    }
    const text = unescape(line.replace(/^ /, ''))
    if (key === null) {
      key = text
      return null
    }
    const imported = record(key, text, target)
    key = null
    return imported
  }
}
