// Takes a log line out of what containers, journals and quoting put around it; Exim's own words are left as they were.

/** The line inside, and when its carrier says it was written. */
export interface Carried {
  readonly text: string
  /** Seconds since 1970, NaN where the carrier says nothing. */
  readonly time: number
}

// `docker compose logs` and `docker service logs`: `mail_1  | `, `mail.1.x7@node | `.
const COMPOSE = /^[\w.@-]{1,128} *\| /
// The container runtime's file (Kubernetes): time, stream, F for a full and P for a part of a line.
const CRI = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) std(?:out|err) [FP] /
// `kubectl logs --prefix`.
const POD = /^\[pod\/[\w./-]{1,256}\] /
// `journalctl -o export` and `-o verbose`.
const EXPORTED = /^ *MESSAGE=/
// A line quoted in a ticket, or the neighbours that `grep -n -C` shows.
const QUOTED = /^(?:(?:> ?)+|\d{1,9}-(?=\d{4}-\d\d-\d\d ))/

// Names of the members by writer: docker's json-file, journalctl -o json, rsyslog's and Filebeat's JSON.
const MESSAGES = ['log', 'MESSAGE', 'message', 'msg'] as const

const seconds = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) / 1000 : NaN)

const timeOf = (members: Readonly<Record<string, unknown>>): number => {
  // Microseconds.
  const journal = Number(members['__REALTIME_TIMESTAMP'] ?? NaN) / 1e6
  return Number.isFinite(journal) ? Math.floor(journal) : Math.floor(seconds(members['time'] ?? members['@timestamp'] ?? members['timestamp']))
}

const fromJson = (text: string): Carried | null => {
  let members: unknown
  try {
    // A character of `text` is a byte, and JSON is UTF-8.
    members = JSON.parse(Buffer.from(text, 'latin1').toString())
  } catch {
    // No JSON after all: a line that begins with a brace.
    return null
  }
  if (typeof members !== 'object' || members === null) return null
  const record = members as Record<string, unknown>
  const name = MESSAGES.find(key => Object.hasOwn(record, key) && typeof record[key] === 'string')
  return name === undefined ? null : {text: Buffer.from((record[name] as string).trimEnd()).toString('latin1'), time: timeOf(record)}
}

/** Takes a line that is not Exim's by itself, returns the one inside; null when nothing known is around it. */
export const carriedBy = (text: string): Carried | null => {
  if (text.startsWith('{"')) return fromJson(text)
  const cri = CRI.exec(text)
  if (cri !== null) return {text: text.slice(cri[0].length), time: Math.floor(seconds(cri[1]))}
  for (const around of [COMPOSE, POD, EXPORTED, QUOTED]) {
    const match = around.exec(text)
    if (match !== null) return {text: text.slice(match[0].length), time: NaN}
  }
  return null
}
