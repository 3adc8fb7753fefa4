// The MX records of a zone's own name in a zone file (RFC 1035 section 5): what cPanel decides by, whatever the world sees.
import type {MxAnswer, MxRecord} from './mx.js'

const withoutComment = (line: string): string => line.replace(/;.*$/, '')

const absolute = (name: string, origin: string): string => {
  const lower = name.toLowerCase()
  if (lower === '@') return origin
  if (lower.endsWith('.')) return lower.slice(0, -1)
  return origin === '' ? lower : `${lower}.${origin}`
}

/** What the zone file says of the MX of `domain`. */
export const zoneMx = (text: string, domain: string): MxAnswer => {
  let origin = domain
  let owner = domain
  const records: MxRecord[] = []
  let isThere = false
  for (const raw of text.split('\n')) {
    const line = withoutComment(raw).trimEnd()
    const directive = /^\$ORIGIN\s+(\S+)/i.exec(line)
    if (directive !== null) origin = absolute(directive[1]!, origin)
    if (line.trim() === '' || line.startsWith('$')) continue
    if (!/^\s/.test(line)) owner = absolute(/^\S+/.exec(line)![0], origin)
    if (owner !== domain) continue
    isThere = true
    const mx = /\sMX\s+(\d{1,5})\s+(\S+)\s*$/i.exec(line)
    if (mx !== null) records.push({priority: Number(mx[1]), exchange: mx[2] === '.' ? '' : absolute(mx[2]!, origin)})
  }
  if (records.length === 1 && records[0]!.exchange === '') return {status: 'null-mx'}
  if (records.length > 0) return {status: 'mx', records}
  return isThere ? {status: 'none'} : {status: 'nxdomain'}
}
