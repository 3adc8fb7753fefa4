// Holds a target's configuration file against what was bundled: the same but for values that a move changes.
import {createHash} from 'node:crypto'

import {fromSystem, isOpsError, plural} from 'mailops/core'
import {readWhole} from 'mailops/effects'

import type {ConfigShape} from '../../bundle/manifest.js'
import {configChanges, type ConfigChanges} from '../../verification/config-changes.js'
import type {Finding} from '../../verification/finding.js'
import {documentOf, hashShape} from './shapes.js'

/** What is known of a file as it was bundled. */
export interface Bundled {
  /** In the bundle: `service/mailConfig.xml`. */
  readonly name: string
  readonly sha256: string
  /** Null where only the manifest is at hand. */
  readonly content: Uint8Array | null
  readonly shape: ConfigShape | null
}

/** What the comparison of one file showed; no finding: nothing but what a move changes. */
export interface Compared {
  readonly finding: Finding | null
  /** Values that a move changed; null when their number is not known. */
  readonly edits: number | null
}

const FINE: Compared = {finding: null, edits: 0}

/** Compares one file. */
export const compareConfig = (bundled: Bundled, path: string): Compared => {
  const {name, sha256} = bundled
  const found = (code: Finding['code'], text: string): Compared => ({finding: {code, name, text}, edits: null})
  let bytes: Buffer
  try {
    bytes = readWhole(path)
  } catch (error) {
    const known = fromSystem(error, 'read', path)
    if (!isOpsError(known)) throw error
    return found(known.code === 'ENOENT' ? 'CONFIG_MISSING' : 'FILE_UNREADABLE', known.message)
  }
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return FINE
  const relative = name.replace(/^service\//, '')
  try {
    const after = documentOf(relative, bytes)
    if (after === null) return found('CONFIG_DIFFERS', 'its bytes differ, and it is no file that a move changes')
    if (bundled.content !== null) {
      const before = documentOf(relative, bundled.content)!
      return fromChanges(configChanges(before, after), found)
    }
    if (bundled.shape === null) return found('CONFIG_DIFFERS', 'its bytes differ, and the manifest says no more of it; name the bundle itself with --against')
    if (hashShape(after, bundled.shape.masked).sha256 === bundled.shape.sha256) return {finding: null, edits: null}
    return found('CONFIG_DIFFERS', 'more than paths, addresses, URLs and ports differs; --against the bundle itself shows what')
  } catch (error) {
    if (isOpsError(error)) return found('CONFIG_BROKEN', error.message)
    throw error
  }
}

const fromChanges = (
  {edits, unexpected, otherStructure, exact}: ConfigChanges,
  found: (code: Finding['code'], text: string) => Compared,
): Compared => {
  if (otherStructure) return found('CONFIG_DIFFERS', 'it has other elements or members')
  const [first] = unexpected
  if (first !== undefined) return found('CONFIG_DIFFERS', `${plural(unexpected.length, 'value')} differ, the first at ${first.location} (line ${first.line} before)`)
  if (!exact) return found('CONFIG_REWRITTEN', 'comments, blanks or quotes differ: the service has written it since, or somebody edited it')
  return {finding: null, edits: edits.length}
}
