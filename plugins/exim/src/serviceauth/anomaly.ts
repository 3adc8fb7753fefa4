// What is wrong with the keys of a service, by what can be done about it.
import {join} from 'node:path'

import type {EntryFacts, SeenServiceauth, ServiceFacts} from './facts.js'
import {
  baseRights,
  directoryRights,
  isReadByMail,
  KEY_BYTES,
  KEY_FILES,
  keyRights,
  type Owners,
  type Rights,
} from './layout.js'

/** `link` and `strange` are never touched, `keys` need new keys, `rights` only owner and mode. */
export type AnomalyKind = 'link' | 'strange' | 'keys' | 'rights'

export interface Anomaly {
  readonly kind: AnomalyKind
  /** Stable, for scripts. */
  readonly code:
    | 'SYMLINK'
    | 'NOT_A_DIRECTORY'
    | 'NOT_A_FILE'
    | 'NO_DIRECTORY'
    | 'NO_KEY'
    | 'SHORT_KEY'
    | 'HARD_LINK'
    | 'OWNER'
    | 'GROUP'
    | 'MODE'
  readonly path: string
  readonly text: string
  /** What owner and mode should be, for kind `rights`. */
  readonly rights?: Rights
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

const strange = (path: string, {type}: EntryFacts, wanted: 'directory' | 'file'): Anomaly | null => {
  if (type === wanted) return null
  if (type === 'symlink') return {kind: 'link', code: 'SYMLINK', path, text: `${path} is a symbolic link`}
  return {
    kind: 'strange',
    code: wanted === 'file' ? 'NOT_A_FILE' : 'NOT_A_DIRECTORY',
    path,
    text: `${path} is a ${type}, not a ${wanted}`,
  }
}

/** A directory has to be exactly so. */
const wrongRights = (path: string, {mode, uid, gid}: EntryFacts, rights: Rights): Anomaly[] => {
  const found: Anomaly[] = []
  const add = (code: Anomaly['code'], text: string): void =>
    void found.push({kind: 'rights', code, path, text: `${path} ${text}`, rights})
  if (uid !== rights.uid) add('OWNER', `belongs to uid ${uid}, not ${rights.uid}`)
  if (rights.gid !== undefined && gid !== rights.gid) add('GROUP', `has group ${gid}, not ${rights.gid} (mail)`)
  if (mode !== rights.mode) add('MODE', `has mode ${octal(mode)}, not ${octal(rights.mode)}`)
  return found
}

/** Of a key file it counts who can read it, as the kernel decides that, and that nobody else can write it. */
const wrongKeyRights = (
  path: string,
  service: string,
  {entry, owners}: {entry: EntryFacts; owners: Owners},
): Anomaly[] => {
  const rights = keyRights(service, owners)
  const {mode, uid, gid} = entry
  const anomaly = (code: Anomaly['code'], text: string): Anomaly => ({
    kind: 'rights',
    code,
    path,
    text: `${path} ${text}`,
    rights,
  })
  if (uid !== rights.uid) return [anomaly('OWNER', `belongs to uid ${uid}, not ${rights.uid}`)]
  if ((mode & 0o022) !== 0) return [anomaly('MODE', `has mode ${octal(mode)}: others than its owner may write it`)]
  const readable = owners.mailGid === null || gid === owners.mailGid ? 0o040 : 0o004
  if (!isReadByMail(service) || (mode & readable) !== 0) return []
  return readable === 0o004
    ? [anomaly('GROUP', `has group ${gid} and mode ${octal(mode)}: group mail cannot read it`)]
    : [anomaly('MODE', `has mode ${octal(mode)}: group mail cannot read it`)]
}

const keyAnomalies = ({service, path, keys}: ServiceFacts, owners: Owners): Anomaly[] =>
  KEY_FILES.flatMap((name): Anomaly[] => {
    const file = join(path, name)
    const entry = keys[name]
    if (entry === null) return [{kind: 'keys', code: 'NO_KEY', path: file, text: `${file} is not there`}]
    const odd = strange(file, entry, 'file')
    if (odd !== null) return [odd]
    const short: Anomaly[] =
      entry.size >= KEY_BYTES
        ? []
        : [
            {
              kind: 'keys',
              code: 'SHORT_KEY',
              path: file,
              text: `${file} has ${entry.size} bytes, fewer than ${KEY_BYTES}`,
            },
          ]
    const shared: Anomaly[] =
      entry.links <= 1
        ? []
        : [
            {
              kind: 'keys',
              code: 'HARD_LINK',
              path: file,
              text: `${file} has ${entry.links} names: the key is to be had elsewhere too`,
            },
          ]
    return [...short, ...shared, ...wrongKeyRights(file, service, {entry, owners})]
  })

/** What is wrong with the keys of one service; nothing when they are right. */
export const serviceAnomalies = (facts: ServiceFacts, owners: Owners): Anomaly[] => {
  const {service, path, directory} = facts
  if (directory === null) return [{kind: 'keys', code: 'NO_DIRECTORY', path, text: `${path} is not there`}]
  const odd = strange(path, directory, 'directory')
  if (odd !== null) return [odd]
  return [...wrongRights(path, directory, directoryRights(service, owners)), ...keyAnomalies(facts, owners)]
}

/** Everybody has to get through, nobody else may write; that others can list it, as 0755 lets them, gives nothing away. */
const isPassable = (mode: number): boolean => (mode & 0o011) === 0o011 && (mode & 0o022) === 0

/** What is wrong with serviceauth itself. */
export const baseAnomalies = (
  {path, directory}: Pick<SeenServiceauth, 'path' | 'directory'>,
  owners: Owners,
): Anomaly[] => {
  const odd = strange(path, directory, 'directory')
  if (odd !== null) return [odd]
  return wrongRights(path, directory, baseRights(owners)).filter(
    ({code}) => code !== 'MODE' || !isPassable(directory.mode),
  )
}
