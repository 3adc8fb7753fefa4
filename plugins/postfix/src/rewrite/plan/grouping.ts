// Which rules come together: those of one answer, moved up past others only where no key can tell.
import type {Table} from '../../table/entry.js'
import type {Candidate, Known} from './candidate.js'
import {Disjointness, type Sided} from './disjoint.js'

/** Rules with one answer, in the order of the table. What becomes of them stands where the first of them stood. */
export interface Group {
  readonly first: number
  readonly members: readonly Candidate[]
}

export interface Grouping {
  readonly groups: readonly Group[]
  /** Rules that a rule of another answer kept from an earlier group. */
  readonly held: ReadonlyMap<number, number>
}

interface OpenGroup {
  readonly first: number
  readonly members: Candidate[]
}

/** A rule that others may have to pass: whether it goes up itself is decided later, so it counts where it stands. */
interface Placed extends Sided {
  readonly entry: number
}

/** Groups the rules of each stretch of the table that one guard covers; an if or endif lets nothing pass. */
export const groupRules = (
  table: Table,
  known: ReadonlyMap<number, Known>,
  {without, disjoint}: {without: ReadonlySet<number>; disjoint: Disjointness},
): Grouping => {
  const groups: OpenGroup[] = []
  const held = new Map<number, number>()
  let stretch = new Stretch(disjoint)
  for (const [entry, rule] of table.entries.entries()) {
    if (rule.kind === 'if' || rule.kind === 'endif') stretch = new Stretch(disjoint)
    if (rule.kind !== 'rule' || without.has(entry)) continue
    const {words, candidate} = known.get(entry)!
    const result = stretch.take({entry, rule, words}, candidate)
    if (result.group !== undefined) groups.push(result.group)
    if (result.heldBy !== undefined) held.set(entry, result.heldBy)
  }
  return {groups, held}
}

class Stretch {
  private readonly disjoint: Disjointness
  private readonly open = new Map<string, OpenGroup>()
  /** By answer; rules of no fixed answer are under a key of their own. */
  private readonly placed = new Map<string, Placed[]>()

  constructor(disjoint: Disjointness) {
    this.disjoint = disjoint
  }

  /** Puts a rule into an open group, or gives the new group it begins. */
  take(
    sided: Sided & {entry: number},
    candidate: Candidate | undefined,
  ): {group?: OpenGroup; heldBy?: number} {
    if (candidate === undefined) {
      const {result} = sided.rule
      this.place(result.kind === 'text' ? `=${result.text}` : '$', sided)
      return {}
    }
    const key = `${candidate.icase ? 'i' : '-'}${candidate.answer}`
    const open = this.open.get(key)
    const heldBy = open === undefined ? undefined : this.obstacle(sided, candidate.answer, open.first)
    if (open !== undefined && heldBy === undefined) {
      open.members.push(candidate)
      this.place(`=${candidate.answer}`, sided)
      return {}
    }
    const group = {first: sided.entry, members: [candidate]}
    this.open.set(key, group)
    this.place(`=${candidate.answer}`, sided)
    return {group, ...(heldBy !== undefined && {heldBy})}
  }

  private place(answer: string, placed: Placed): void {
    const list = this.placed.get(answer)
    if (list === undefined) this.placed.set(answer, [placed])
    else list.push(placed)
  }

  /** The entry that a rule cannot be moved past on its way up to `first`. */
  private obstacle(sided: Sided, answer: string, first: number): number | undefined {
    for (const [other, list] of this.placed) {
      if (other === `=${answer}`) continue
      for (let at = list.length - 1; at >= 0; at--) {
        const placed = list[at]!
        if (placed.entry < first) break
        if (!this.disjoint.proves(sided, placed)) return placed.entry
      }
    }
    return undefined
  }
}
