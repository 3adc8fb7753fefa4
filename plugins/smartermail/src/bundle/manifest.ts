// The manifest of a bundle: what is in it, from where, with which digests; written a file a line, read with suspicion.
import * as v from 'valibot'

import {nameFlaw} from '../source/portable-name.js'
import type {Era, LeftOut, SourceDomain, SourceEntry, SourceRoot} from '../source/source.js'

/** Name of the last entry of a bundle's archive; no root is called so. */
export const MANIFEST_NAME = 'manifest.json'
/** A longer manifest is refused unread. */
export const MOST_MANIFEST_BYTES = 256 << 20

const FORMAT = 'mailops smartermail bundle'
const VERSION = 1

/** A file of a bundle, with its digest. */
export type BundledFile = SourceEntry & {readonly sha256: string}

/** A configuration file without the values that a move may change: how `verify` knows it again without its content. */
export interface ConfigShape {
  /** Name of the file in the bundle. */
  readonly name: string
  /** Hex SHA-256 over all names and values, those of `masked` left out. */
  readonly sha256: string
  /** Numbers of the values that a move may change, from 0, in the order of the document. */
  readonly masked: readonly number[]
}

/** What the last entry of a bundle, and the file beside it, say of the bundle. */
export interface Manifest {
  /** ISO 8601, UTC. */
  readonly created: string
  readonly era: Era
  readonly version: string | null
  readonly configOnly: boolean
  readonly roots: readonly SourceRoot[]
  readonly domains: readonly SourceDomain[]
  readonly emptyDirectories: readonly string[]
  readonly leftOut: readonly LeftOut[]
  readonly shapes: readonly ConfigShape[]
  readonly files: readonly BundledFile[]
}

const text = v.pipe(v.string(), v.maxLength(32_768))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const name = v.pipe(
  text,
  v.check(
    one => nameFlaw(one) === null,
    issue => `${JSON.stringify(issue.input)} is not a name for a file: ${nameFlaw(issue.input)}`,
  ),
)

const schema = v.object({
  format: v.literal(FORMAT),
  formatVersion: v.literal(VERSION),
  created: text,
  era: v.picklist(['xml', 'json', 'unknown']),
  version: v.nullable(text),
  configOnly: v.boolean(),
  roots: v.array(
    v.object({
      name: v.pipe(name, v.regex(/^[a-z][a-z0-9-]*$/)),
      kind: v.picklist(['service', 'domains', 'spool', 'logs']),
      path: text,
      configured: v.nullable(text),
    }),
  ),
  domains: v.array(v.object({name: text, configured: text, at: v.nullable(name)})),
  emptyDirectories: v.array(name),
  leftOut: v.array(
    v.object({
      name: text,
      reason: v.picklist(['link', 'special', 'name', 'unreadable', 'vanished']),
      detail: v.exactOptional(text),
    }),
  ),
  shapes: v.array(v.object({name, sha256: digest, masked: v.array(count)})),
  files: v.array(
    v.object({
      name,
      bytes: count,
      mtimeMs: v.pipe(v.number(), v.finite()),
      sha256: digest,
      flaw: v.exactOptional(v.picklist(['changed', 'shortened'])),
    }),
  ),
})

/** The manifest as JSON in pieces, so that millions of files need no second copy in memory. */
export function* manifestText({files, ...head}: Manifest): Generator<string> {
  const {shapes, ...rest} = head
  const start = JSON.stringify({format: FORMAT, formatVersion: VERSION, ...rest}, null, 1)
  // Numbers by the thousand want no line each.
  yield `${start.slice(0, -2)},\n "shapes": ${JSON.stringify(shapes)},\n "files": [`
  for (const [index, file] of files.entries()) yield `${index === 0 ? '' : ','}\n  ${JSON.stringify(file)}`
  yield '\n ]\n}\n'
}

/** Reads a manifest; gives a text that says what is wrong with it when it is not as manifestText writes it. */
export const parseManifest = (json: string): Manifest | string => {
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    // Whatever it is, it is not JSON.
    return `its manifest is not JSON: ${(error as Error).message}`
  }
  const result = v.safeParse(schema, data)
  if (!result.success) {
    const [issue] = result.issues
    return `its manifest is not as it should be: ${v.getDotPath(issue) ?? 'at its top'}: ${issue.message}`
  }
  return contradiction(result.output) ?? result.output
}

const contradiction = ({roots, files, emptyDirectories, domains}: Manifest): string | null => {
  const known = new Set(roots.map(root => root.name))
  if (known.size !== roots.length) return 'its manifest names a root twice'
  const seen = new Set<string>()
  for (const one of [...files.map(file => file.name), ...emptyDirectories]) {
    if (seen.has(one)) return `its manifest names ${JSON.stringify(one)} twice`
    seen.add(one)
    if (!known.has(one.slice(0, one.indexOf('/')))) return `its manifest names ${JSON.stringify(one)}, which is below none of its roots`
  }
  const lost = domains.find(({at}) => at !== null && !known.has(at.split('/', 1)[0]!))
  return lost === undefined ? null : `its manifest has a domain ${JSON.stringify(lost.name)} below none of its roots`
}
