// What a migration says before and after.
import {bytesText, countText, durationText, plural, type JsonObject} from 'mailops/core'

import type {Edit} from '../document/edit.js'
import type {CopyPlan} from './copy-steps.js'
import {diffLines} from './diff.js'
import type {Destination} from './destinations.js'

/** What the lines are made of. */
export interface Shown {
  readonly edits: readonly Edit[]
  readonly copy: CopyPlan
  readonly destinations: readonly Destination[]
  readonly targetOf: (file: string) => string
}

const MOST_PLACES = 50

/** The preview: the diff, where the data goes, how much of it. */
export const previewLines = ({edits, copy, destinations, targetOf}: Shown): string[] => {
  const replaced = copy.steps.filter(({before, name}) => before !== null && name !== null).length
  const gone = copy.steps.filter(({name}) => name === null).length
  const lines = diffLines(edits, targetOf)
  for (const {what, at, to} of destinations.slice(0, MOST_PLACES)) lines.push(`data of ${what}: ${at} -> ${to}`)
  if (destinations.length > MOST_PLACES) lines.push(`and ${countText(destinations.length - MOST_PLACES)} directories more`)
  if (replaced > 0) lines.push(`${plural(replaced, 'file')} there ${replaced === 1 ? 'is' : 'are'} replaced; the old ${replaced === 1 ? 'one is' : 'ones are'} kept for undo`)
  if (gone > 0) lines.push(`${plural(gone, 'file')} that the source has no more ${gone === 1 ? 'is' : 'are'} taken away; kept for undo`)
  if (copy.same > 0) lines.push(`${plural(copy.same, 'file')} are the same already`)
  lines.push(`${plural(edits.length, 'edit')}, ${plural(copy.steps.length, 'file')} to copy (${bytesText(copy.bytes)})`)
  return lines
}

/** How long a run took, and how long since the source was last written, in seconds. */
export interface Took {
  readonly seconds: number
  readonly sinceLastWriteSeconds: number
}

/** What the last line is made of, besides the plan. */
export interface Done {
  readonly journalId: string
  readonly took: Took
  readonly delta: boolean
  /** Names of files that were left. */
  readonly moved: ReadonlySet<string>
}

/** The last line of a run. */
export const doneLine = ({edits, copy}: Shown, done: Done): string => {
  const {journalId, took, delta, moved} = done
  const copied = copy.steps.filter(({name}) => name === null || !moved.has(name))
  const bytes = copied.reduce((sum, step) => sum + step.bytes, 0)
  const kept = new Set(copied.flatMap(({before, base}) => (before === null ? [] : [base])))
  const files = new Set(edits.map(({file}) => file)).size
  const downtime = delta ? `; downtime of this run ${secondsText(took.seconds)}, ${secondsText(took.sinceLastWriteSeconds)} after the last write to the source` : ''
  return `${plural(edits.length, 'edit')} in ${plural(files, 'file')}, ${plural(copied.length, 'file')} copied (${bytesText(bytes)})${downtime}${keptText([...kept])}; journal ${journalId}; take it back with: mailops undo ${journalId}`
}

const keptText = (bases: readonly string[]): string =>
  bases.length === 0 ? '' : `; what was replaced is kept until undone in .mailops-* below ${bases.join(', ')}: remove it when the move is final`

const secondsText = (seconds: number): string => (seconds < 10 ? `${seconds.toFixed(1)}s` : durationText(seconds))

/** Counts for --json. */
export const countsJson = ({edits, copy}: Pick<Shown, 'edits' | 'copy'>): JsonObject => ({
  edits: edits.length, files: copy.steps.length, bytes: copy.bytes, same: copy.same,
  replaced: copy.steps.filter(({before, name}) => before !== null && name !== null).length,
  removed: copy.steps.filter(({name}) => name === null).length,
})
