// Reads the configuration of a source: what can be patched as documents, the rest by name.
import {OpsError} from 'mailops/core'

import type {Document} from '../../document/document.js'
import {formatOf, MOST_CONFIG_BYTES} from '../../inventory/config-files.js'
import {settleDomains, type DomainInDocument} from '../../inventory/find-domains.js'
import type {Found} from '../../inventory/find-values.js'
import {readConfig, type ReadConfig} from '../../inventory/read-config.js'
import {DocumentFlaw} from '../../text/flaw.js'
import type {Source, SourceEntry} from '../../source/source.js'
import type {Structure} from '../../xml/structure.js'

/** The configuration of a source. */
export interface SourceDocuments {
  readonly documents: readonly Document[]
  /** By the documents' names: without `service/`. */
  readonly times: ReadonlyMap<string, number>
  /** By document. */
  readonly structures: ReadonlyMap<string, Structure>
  readonly values: readonly Found[]
  readonly domains: readonly DomainInDocument[]
  /** Entries that are copied as they are. */
  readonly opaque: readonly SourceEntry[]
  readonly warnings: readonly string[]
  /** `Settings` or ''. */
  readonly configDirectory: string
}

const SERVICE = 'service/'

/** True for an entry of the configuration. */
export const isService = ({name}: Pick<SourceEntry, 'name'>): boolean => name.startsWith(SERVICE)

const isDocument = (entry: SourceEntry): boolean => isService(entry) && formatOf(entry.name.slice(SERVICE.length)) !== 'opaque'

const readAll = async (content: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** How they are read. */
export interface ReadOptions {
  /** A broken one is copied as it is, with a warning. */
  readonly force: boolean
  /** What was read already, by name. */
  readonly known?: ReadonlyMap<string, ReadConfig>
}

/**
 * Reads the documents.
 * @throws DocumentFlaw 65 for a broken one
 */
export const readDocuments = async (source: Source, {force, known}: ReadOptions): Promise<SourceDocuments> => {
  const documents: Document[] = []
  const times = new Map<string, number>()
  const structures = new Map<string, Structure>()
  const values: Found[] = []
  const domains: DomainInDocument[] = []
  const warnings: string[] = []
  const opaque = source.entries.filter(entry => isService(entry) && !isDocument(entry))
  for await (const file of source.files(isDocument)) {
    const name = file.name.slice(SERVICE.length)
    if (file.bytes > MOST_CONFIG_BYTES)
      throw new OpsError('TOO_LARGE', `${name} has ${file.bytes} bytes: more than any configuration has`, {exit: 'badData', hint: 'look at what it is, and move it away'})
    const read = known?.get(name) ?? readConfig(name, await readAll(file.content()), {format: formatOf(name) as 'xml' | 'json', both: false})
    if (read.document === null) {
      const flaw = new DocumentFlaw(name, read.problem!)
      if (!force) throw flaw
      warnings.push(`${flaw.message}; it is copied as it is`)
      opaque.push(file)
      continue
    }
    documents.push(read.document)
    times.set(name, file.mtimeMs)
    structures.set(name, read.structure)
    for (const value of read.values) values.push(value)
    for (const domain of read.domains.domains) domains.push(domain)
  }
  const configDirectory = source.era === 'json' ? (/^service\/(Settings)\//i.exec(source.entries.find(isService)?.name ?? '')?.[1] ?? '') : ''
  return {documents, times, structures, values, domains: settleDomains(domains), opaque, warnings, configDirectory}
}
