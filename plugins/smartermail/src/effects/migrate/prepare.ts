// Makes the plan of a migration: reads source and target, decides on every edit and every file, proves the patches.
import {randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {dirname, resolve} from 'node:path'

import {OpsError, plural, type Change, type Plan, type WriteChange} from 'mailops/core'
import {listJournals, readSeen, statusOf, type StatePlace} from 'mailops/effects'

import type {Edit} from '../../document/edit.js'
import {patch} from '../../document/patch.js'
import type {CopyPlan} from '../../migrate/copy-steps.js'
import {destinationsOf, type Destination} from '../../migrate/destinations.js'
import {planEdits} from '../../migrate/plan-edits.js'
import type {Wishes} from '../../migrate/wishes.js'
import type {Source} from '../../source/source.js'
import {isNative} from '../inventory/local-directory.js'
import {COPY, copyChange, type CopyArgs} from './copy-handler.js'
import {inherited, look} from './inside.js'
import {planCopy, type Earlier} from './plan-copy.js'
import {provePatch} from './prove-patch.js'
import {readDocuments, type SourceDocuments} from './read-documents.js'
import {readRecord} from './record.js'
import type {OpenedSource} from './open-source.js'
import {pathIn, targetName, type Target} from './target.js'

/** What decides on a migration. */
export interface MigrateOptions {
  readonly wishes: Wishes
  readonly domains: string | null
  readonly delta: boolean
  readonly force: boolean
  readonly place: StatePlace
}

/** A migration, ready to be shown and applied. */
export interface Migration {
  readonly plan: Plan
  readonly edits: readonly Edit[]
  readonly copy: CopyPlan
  readonly destinations: readonly Destination[]
  readonly warnings: readonly string[]
  /** Documents of the plan: name in the source, path on this host, bytes as they are to be. */
  readonly written: readonly {readonly file: string; readonly path: string; readonly bytes: Uint8Array}[]
  /** Configuration files that are the same already. */
  readonly unchanged: number
}

const refuseEra = (source: Source, target: Target, force: boolean): string[] => {
  const {folder} = target
  if (folder === null) return []
  if (folder.era !== source.era) {
    const message = `the source is of the ${source.era.toUpperCase()} era, the target of the ${folder.era.toUpperCase()} era: they do not read each other's configuration`
    if (!force) throw new OpsError('ERA_MISMATCH', message, {exit: 'badData', hint: 'install the version of the old server on the new one first, and upgrade after the move'})
    return [message]
  }
  if (folder.version === null || source.version === null || folder.version === source.version) return []
  return [`the versions differ: ${source.version} in the source, ${folder.version} in the target; move between equal versions, then upgrade`]
}

interface Written {
  readonly changes: readonly Change[]
  readonly written: Migration['written']
  readonly unchanged: number
  readonly made: ReadonlySet<string>
}

// Owner and group as the place has them, nobody else: passwords can be recovered from what is written.
const closed = ({uid, gid, mode}: {uid: number; gid: number; mode: number}) => ({uid, gid, mode: mode & 0o770})

const writeChangeFor = (path: string, bytes: Uint8Array, edits: number): WriteChange | null => {
  const before = readSeen(path, {digest: true})
  if (before?.type === 'file' && before.size === bytes.length && Buffer.compare(fs.readFileSync(path), bytes) === 0) return null
  const parent = inherited(dirname(path))
  const attributes = before === null ? {mode: (parent.mode & 0o660) | 0o600, uid: parent.uid, gid: parent.gid} : {}
  return {kind: 'write', path, before, after: bytes, ...attributes, why: edits === 0 ? 'configuration' : `configuration, ${plural(edits, 'edit')}`}
}

/** The documents as they are to be, proven, and the changes that bring them there. */
const writesOf = async ({documents, structures}: SourceDocuments, edits: readonly Edit[], placeOf: (file: string) => string): Promise<Written> => {
  const byFile = new Map<string, Edit[]>()
  for (const edit of edits) {
    const list = byFile.get(edit.file)
    if (list === undefined) byFile.set(edit.file, [edit])
    else list.push(edit)
  }
  const changes: Change[] = []
  const written: {file: string; path: string; bytes: Uint8Array}[] = []
  const made = new Set<string>()
  for (const document of documents) {
    const own = byFile.get(document.file) ?? []
    const bytes = patch(document, own)
    if (own.length > 0) await provePatch(document, bytes, {edits: own, structure: structures.get(document.file)!})
    const path = placeOf(document.file)
    const change = writeChangeFor(path, bytes, own.length)
    written.push({file: document.file, path, bytes})
    if (change === null) continue
    const directory = dirname(path)
    if (look(directory) === null && !made.has(directory)) made.add(directory)
    changes.push(change)
  }
  const mkdirs = [...made].toSorted((a, b) => a.length - b.length).map((path): Change => ({kind: 'mkdir', path, ...closed(inherited(path)), why: 'configuration'}))
  return {changes: [...mkdirs, ...changes], written, unchanged: written.length - changes.length, made}
}

/** Files that earlier migrations to this target have brought and that were not taken back. */
const earlierFiles = (target: string, place: StatePlace): Earlier[] => {
  const {entries} = listJournals(place)
  const files = new Map<string, Earlier>()
  for (const entry of entries) {
    if (entry.plan.resource !== target || !['done', 'partly-done', 'partly-undone'].includes(statusOf(entry, entries))) continue
    for (const change of entry.plan.changes) {
      if (change['kind'] !== 'bulk' || change['handler'] !== COPY || change['direction'] !== 'apply') continue
      const {token} = change['args'] as unknown as CopyArgs
      for (const step of readRecord(place, token)?.steps ?? []) if (step.name !== null) files.set(step.to, step)
    }
  }
  return [...files.values()]
}

// A source without any of the mail would look like a move that went well.
const refuseEmpty = ({path, domains}: Source, force: boolean): void => {
  if (force || domains.length === 0 || domains.some(({at}) => at !== null)) return
  throw new OpsError('NO_DATA', `${path} has the configuration of ${plural(domains.length, 'domain')} and the data of none`, {
    exit: 'noInput',
    hint: 'add --config-only if that is meant; else make a bundle with --domains DIR on the old server',
  })
}

const copyOf = (opened: OpenedSource, found: SourceDocuments, options: MigrateOptions & {target: Target; edits: readonly Edit[]}) => {
  const {source} = opened
  const {target, edits} = options
  refuseEmpty(source, options.force)
  const paths = patchedPaths(found.domains, edits)
  const {destinations, warnings} = destinationsOf(source, {
    domains: options.domains === null ? null : resolve(options.domains), maps: options.wishes.maps,
    pathOf: name => paths.get(name), isNative, resolve: path => resolve(path),
  })
  const own = destinations.filter(({at, to}) => !isOwnPlace(source, at, to))
  const opaque = found.opaque.map(entry => ({
    entry, to: pathIn(target, targetName(target, entry.name.slice('service/'.length), {era: source.era, configDirectory: found.configDirectory})),
  }))
  const earlier = options.delta ? earlierFiles(target.path, options.place) : []
  return {destinations: own, warnings, copy: planCopy({source, destinations: own, opaque, target: target.path, delta: options.delta, earlier})}
}

/** Where the domains are once the edits are made, by name in lower case. */
const patchedPaths = (domains: SourceDocuments['domains'], edits: readonly Edit[]): Map<string, string> => {
  const after = new Map(edits.map(edit => [`${edit.file}\0${edit.location}`, edit.after]))
  return new Map(domains.map(({name, path, file, location}) => [name.toLowerCase(), after.get(`${file}\0${location}`) ?? path]))
}

/** A folder that is moved onto itself: its data is where it is to be. */
const isOwnPlace = (source: Source, at: string, to: string): boolean => {
  if (source.kind !== 'folder') return false
  const root = source.roots.find(({name}) => at === name || at.startsWith(`${name}/`))
  return root !== undefined && resolve(root.path, ...at.split('/').slice(1)) === to
}

/**
 * Makes the plan; nothing is changed.
 * @throws OpsError 64 when something has to be said first; 65 for broken data; 66, 73
 */
export const prepareMigration = async (opened: OpenedSource, target: Target, options: MigrateOptions): Promise<Migration> => {
  const {source, known} = opened
  const eraWarnings = refuseEra(source, target, options.force)
  const found = await readDocuments(source, {force: options.force, known})
  const {edits, warnings} = planEdits(found.documents, found.values, options.wishes)
  const layout = {era: source.era, configDirectory: found.configDirectory}
  const {changes, written, unchanged, made} = await writesOf(found, edits, file => pathIn(target, targetName(target, file, layout)))
  const {destinations, copy, warnings: copyWarnings} = copyOf(opened, found, {...options, target, edits})
  const plan: CopyPlan = {...copy, directories: copy.directories.filter(directory => !made.has(directory))}
  const mkdirs = changes.filter(({kind}) => kind === 'mkdir')
  const bulk = plan.steps.length + plan.directories.length === 0 ? [] : [copyChange(argsOf(source, target, {copy: plan, destinations}), options.delta ? 'what changed since the last run' : 'domain data and opaque files')]
  return {
    plan: {subject: 'smartermail migrate', resource: target.path, changes: [...mkdirs, ...bulk, ...changes.filter(({kind}) => kind !== 'mkdir')]},
    edits, copy: plan, destinations, written, unchanged,
    warnings: [...eraWarnings, ...target.warnings, ...found.warnings, ...warnings, ...copyWarnings, ...flawed(source), ...source.leftOut.slice(0, 10).map(({name, reason, detail}) => `${name} is not copied: ${reason}${detail === undefined ? '' : ` (${detail})`}`)],
  }
}

const flawed = ({entries}: Source): string[] => {
  const bad = entries.filter(({flaw}) => flaw !== undefined)
  const lines = bad.slice(0, 10).map(({name, flaw}) => `${name} ${flaw === 'changed' ? 'changed' : 'lost bytes'} while it was bundled: what is copied of it is not sound`)
  return bad.length > lines.length ? [...lines, `and ${bad.length - lines.length} more like these`] : lines
}

const argsOf = (source: Source, target: Target, {copy, destinations}: {copy: CopyPlan; destinations: readonly Destination[]}): CopyArgs => {
  const bases = new Set([...copy.steps.map(({base}) => base), ...destinations.map(({base}) => base)])
  return {
    token: randomBytes(6).toString('hex'), source: source.path, target: target.path, files: copy.steps.length, bytes: copy.bytes,
    destinations: [...bases].toSorted((a, b) => (a < b ? -1 : 1)),
  }
}
