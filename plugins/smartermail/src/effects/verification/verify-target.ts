// Verifies a moved installation: data by digest, configuration by what a move may change, every domain's directory.
import {join} from 'node:path'

import type {Manifest} from '../../bundle/manifest.js'
import type {Inventory} from '../../inventory/inventory.js'
import type {Source} from '../../source/source.js'
import type {DomainCount, Finding, NotCompared} from '../../verification/finding.js'
import {compareConfig} from './compare-config.js'
import {compareData} from './compare-data.js'

/** What the target is held against: a bundle with its contents, or the manifest alone. */
export interface Against {
  readonly manifest: Manifest
  readonly bundle: Source | null
}

/** All that verify has to say. */
export interface Verified {
  readonly findings: readonly Finding[]
  readonly counts: readonly DomainCount[]
  readonly notCompared: readonly NotCompared[]
  readonly config: {readonly files: number; readonly unchanged: number; readonly edited: number; readonly edits: number}
}

/** Verifies; changes nothing. @throws OpsError 65 for a damaged bundle */
export const verifyTarget = async (
  target: Inventory,
  against: Against,
  progress: (bytes: number, total: number) => void,
): Promise<Verified> => {
  const config = await compareConfigs(target, against)
  const data = against.manifest.configOnly ? {findings: [], counts: [], notCompared: []} : compareData(against.manifest, target, progress)
  const findings = [...domainFindings(target, against.manifest), ...config.findings, ...data.findings]
  return {findings, counts: data.counts, notCompared: data.notCompared, config: config.counts}
}

const domainFindings = (target: Inventory, {domains}: Manifest): Finding[] => {
  const known = new Set(target.domains.map(({name}) => name.toLowerCase()))
  return [
    ...domains.filter(({name}) => !known.has(name.toLowerCase()))
      .map(({name}): Finding => ({code: 'DOMAIN_NOT_CONFIGURED', name, text: 'the bundle has it'})),
    ...target.domains.filter(({local}) => local === null)
      .map(({name, path}): Finding => ({code: 'DOMAIN_PATH_MISSING', name, text: `${path} is not on this host`})),
  ]
}

const compareConfigs = async (
  target: Inventory,
  {manifest, bundle}: Against,
): Promise<{findings: Finding[]; counts: Verified['config']}> => {
  const contents = await contentsOf(bundle)
  const files = manifest.files.filter(({name}) => name.startsWith('service/'))
  const findings: Finding[] = []
  const counts = {files: files.length, unchanged: 0, edited: 0, edits: 0}
  const shapes = new Map(manifest.shapes.map(shape => [shape.name, shape]))
  for (const {name, sha256} of files) {
    const path = join(target.serviceDirectory, ...nameOnTarget(target, name.slice('service/'.length)).split('/'))
    const {finding, edits} = compareConfig({name, sha256, content: contents.get(name) ?? null, shape: shapes.get(name) ?? null}, path)
    if (finding !== null) findings.push(finding)
    else if (edits === 0) counts.unchanged++
    else counts.edited++
    counts.edits += edits ?? 0
  }
  return {findings, counts}
}

// The target may have been named by its Settings folder, and may write names in another case.
const nameOnTarget = ({files}: Inventory, name: string): string =>
  [name, name.replace(/^settings\//i, '')].flatMap(wanted => files.filter(file => file.name.toLowerCase() === wanted.toLowerCase()))[0]?.name ?? name

/** Contents of the configuration files, which a bundle begins with. */
const contentsOf = async (bundle: Source | null): Promise<Map<string, Buffer>> => {
  const contents = new Map<string, Buffer>()
  for await (const file of bundle?.files(({name}) => name.startsWith('service/')) ?? []) {
    const parts: Uint8Array[] = []
    for await (const piece of file.content()) parts.push(piece)
    contents.set(file.name, Buffer.concat(parts))
  }
  return contents
}
