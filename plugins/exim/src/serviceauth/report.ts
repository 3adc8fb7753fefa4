// The state of the keys as `mailops exim serviceauth` shows it.
import {durationText, tableLines, type JsonObject} from 'mailops/core'

import type {Anomaly} from './anomaly.js'
import type {EntryFacts, SeenServiceauth, ServiceFacts} from './facts.js'
import {KEY_FILES} from './layout.js'
import {isBlocking, type SwitchState} from './switches.js'

/** A service with what was found out about it. */
export interface ServiceState {
  readonly facts: ServiceFacts
  readonly anomalies: readonly Anomaly[]
  readonly switches: readonly SwitchState[]
}

/** Everything that the command shows. */
export interface ServiceauthState {
  readonly base: SeenServiceauth
  readonly baseAnomalies: readonly Anomaly[]
  readonly services: readonly ServiceState[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

const keyText = (entry: EntryFacts | null): string => {
  if (entry === null) return 'none'
  return entry.type === 'file' ? `${entry.size} B ${octal(entry.mode)}` : entry.type
}

const newest = ({keys}: ServiceFacts): number | null => {
  const times = KEY_FILES.flatMap(name => keys[name]?.mtimeMs ?? [])
  return times.length === 0 ? null : Math.max(...times)
}

const ageText = (facts: ServiceFacts, now: number): string => {
  const time = newest(facts)
  return time === null ? '-' : durationText(Math.max(0, (now - time) / 1000))
}

const stateText = ({anomalies, switches}: ServiceState): string => {
  if (anomalies.length > 0) return [...new Set(anomalies.map(({code}) => code))].join(' ')
  return switches.some(isBlocking) ? 'ok, off' : 'ok'
}

/** The table, what is wrong, and the switch files that are not as usual. */
export const stateLines = ({base, baseAnomalies, services, now}: ServiceauthState, width: number): string[] => {
  const rows = services.map(state => {
    const {service, directory, keys} = state.facts
    return [
      service,
      directory === null ? 'none' : octal(directory.mode),
      directory === null ? '-' : `${directory.uid}:${directory.gid}`,
      keyText(keys.send),
      keyText(keys.recv),
      ageText(state.facts, now),
      stateText(state),
    ]
  })
  const columns = [
    {heading: 'SERVICE', shrink: true},
    {heading: 'MODE'},
    {heading: 'OWNER'},
    {heading: 'SEND'},
    {heading: 'RECV'},
    {heading: 'AGE', align: 'right' as const},
    {heading: 'STATE', shrink: true},
  ]
  const anomalies = [...baseAnomalies, ...services.flatMap(one => one.anomalies)]
  const switches = services.flatMap(one => one.switches).filter(one => one.exists || isBlocking(one))
  return [
    ...tableLines(columns, rows, width),
    ...anomalies.map(({code, text}) => `${code}: ${text}`),
    ...new Set(
      switches.map(
        one =>
          `switch: ${one.path} ${one.exists ? 'is there' : 'is not there'}${isBlocking(one) ? ': no new keys are made' : ''}`,
      ),
    ),
    ...(services.length === 0 ? [`no service has keys in ${base.path}`] : []),
  ]
}

const entryJson = (entry: EntryFacts | null, now: number): JsonObject | null => {
  if (entry === null) return null
  const {type, size, mode, uid, gid, links, mtimeMs, fingerprint} = entry
  return {
    type,
    size,
    mode: octal(mode),
    uid,
    gid,
    links,
    modified: new Date(mtimeMs).toISOString(),
    ageSeconds: Math.max(0, Math.round((now - mtimeMs) / 1000)),
    ...(fingerprint !== undefined && {fingerprint}),
  }
}

const anomalyJson = ({kind, code, path, text}: Anomaly): JsonObject => ({kind, code, path, text})

/** The same as one JSON document; no key is in it. */
export const stateJson = ({base, baseAnomalies, services, now}: ServiceauthState): JsonObject => ({
  path: base.path,
  mode: octal(base.directory.mode),
  anomalies: baseAnomalies.map(anomalyJson),
  services: services.map(({facts, anomalies, switches}) => ({
    service: facts.service,
    path: facts.path,
    ok: anomalies.length === 0,
    directory: entryJson(facts.directory, now),
    send: entryJson(facts.keys.send, now),
    recv: entryJson(facts.keys.recv, now),
    anomalies: anomalies.map(anomalyJson),
    switches: switches.map(one => ({
      path: one.path,
      exists: one.exists,
      meaning: one.meaning,
      blocking: isBlocking(one),
    })),
  })),
})
