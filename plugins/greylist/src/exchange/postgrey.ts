// postgrey's databases, as `db_dump` writes them: keys and values on alternate lines, one blank before each.
import {textOfLatin1} from '../protocol/bytes.js'
import {importedOf, type Imported, type ImportTarget, type LineReader} from './imported.js'

/** `\5c` and `\\` of db_dump's printable form, or the hexadecimal one; the bytes are those that the client sent. */
const bytesOf = (text: string, form: 'print' | 'bytevalue'): string =>
  textOfLatin1(
    form === 'bytevalue'
      ? Buffer.from(text, 'hex').toString('latin1')
      : text.replace(/\\(\\|[0-9a-fA-F]{2})/g, (_, code: string) => (code === '\\' ? '\\' : String.fromCharCode(Number.parseInt(code, 16)))),
  )

/** Either part may have slashes: the sender ends with the first domain, or before the first slash when it has none. */
const envelopeOf = (text: string): {sender: string; recipient: string} | null => {
  const slashes = [...text.matchAll(/\//g)].map(({index}) => index)
  const end = slashes.find(at => at === 0 || /@[^/@]+$/.test(text.slice(0, at))) ?? slashes[0]
  return end === undefined ? null : {sender: text.slice(0, end), recipient: text.slice(end + 1)}
}

/** postgrey's --auto-whitelist-clients, unless it was told otherwise. */
const PASSES_OF_CLIENT = 5

/** `net/sender/recipient` = `first,last` (postgrey.db), or `address` = `count,last` (postgrey_clients.db). */
const record = (key: string, value: string, target: ImportTarget): Imported => {
  const [left, right] = value.split(',').map(Number)
  if (left === undefined || right === undefined) return {skipped: 'not a record of postgrey'}
  if (/^[0-9a-f]{40}$/.test(key)) return {skipped: 'a key that --privacy has hashed'}
  if (!key.includes('/')) {
    if (left < (target.passNetwork ? 1 : PASSES_OF_CLIENT)) return {skipped: 'a client that postgrey does not know well enough'}
    const last = right * 1000
    return importedOf({client: key, first: last, last, hasPassed: true}, target)
  }
  // --lookup-by-host leaves the length of an address, 32 or 128, after it.
  const [, client = '', rest = ''] = /^([^/]*)(?:\/(?:32|128)(?=\/))?\/(.*)$/s.exec(key) ?? []
  const envelope = envelopeOf(rest)
  if (envelope === null) return {skipped: 'not a record of postgrey'}
  const [first, last] = [left * 1000, right * 1000]
  return importedOf({client, ...envelope, first, last, hasPassed: last - first >= target.formerDelay}, target)
}

/** Reads a dump line by line, or several that stand one after the other in a file. */
export const postgreyReader = (target: ImportTarget): LineReader => {
  let isData = false
  let wasData = false
  let form: 'print' | 'bytevalue' = 'print'
  let key: string | null = null
  let count = 0
  const warning = (): string | null => {
    if (isData) return 'cut off: db_dump has not come to its end; what stands before is taken'
    // BerkeleyDB keeps in memory what a running postgrey has learnt.
    return count === 0 ? 'a dump without a record: was postgrey still running? Stop it, then dump again' : null
  }
  const data = (line: string): Imported | null => {
    const text = bytesOf(line.replace(/^ /, ''), form)
    if (key === null) {
      key = text
      return null
    }
    const imported = record(key, text, target)
    key = null
    count++
    return imported
  }
  return {
    take: line => {
      if (isData && line !== 'DATA=END') return data(line)
      if (line.startsWith('format=')) form = line === 'format=bytevalue' ? 'bytevalue' : 'print'
      if (line === 'HEADER=END') wasData = isData = true
      else if (isData) isData = false
      return null
    },
    end: () => (wasData ? warning() : {fault: 'is no output of db_dump', hint: 'stop postgrey, then: db5.3_dump -p /var/lib/postgrey/postgrey.db > postgrey.dump   (a whitelist: --whitelist clients)'}),
  }
}
