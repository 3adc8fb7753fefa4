// Before the first change: is there room, and everything that needs room written.
import {dirname, sep} from 'node:path'

import {fromSystem} from '../errors.js'
import type {Plan} from '../plan.js'
import {effectOf, type SimpleChange} from './changes/index.js'
import {freeSpace, requireSpace} from './files.js'
import type {Saved} from './journal-records.js'
import type {StatePlace} from './state.js'
import {slotOf, type Work} from './work.js'

const BLOCK = 4096
const onDisk = (size: number): number => Math.ceil(size / BLOCK) * BLOCK + BLOCK

const nearestParent = (path: string): string => {
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    try {
      freeSpace(parent)
      return parent
    } catch (error) {
      // Not there yet: an earlier change of the plan makes it, so the nearest that exists tells.
      if (parent === dirname(parent)) throw error
    }
  }
}

/**
 * Refuses a plan that the disks have no room for.
 * @throws OpsError 73 `NO_SPACE`
 */
export const checkSpace = (plan: Plan, place: StatePlace): void => {
  for (const change of plan.changes)
    if (change.kind === 'write')
      requireSpace(nearestParent(change.path), {bytes: onDisk(change.after.length), inodes: 1})
  const kept = plan.changes.flatMap(change =>
    (change.kind === 'write' || change.kind === 'remove') && change.before?.type === 'file' ? [change.before.size] : [],
  )
  if (kept.length === 0) return
  const bytes = kept.reduce((sum, size) => sum + onDisk(size), 0)
  requireSpace(nearestParent(place.backups), {bytes, inodes: kept.length + 1})
}

/**
 * Writes the new contents beside their targets and the old ones into the backups. Nothing that anybody reads changes.
 * A target in a directory that the plan itself makes is staged when that directory is there.
 */
export const stageChange = (work: Work, n: number): void => {
  const change = work.plan.changes[n]
  if (change === undefined || change.kind === 'bulk') return
  const effect = effectOf(change)
  const slot = slotOf(work, n)
  const planned = effect.plan?.(change, slot) ?? {}
  work.saved[n] = planned
  // Named before it exists: what a crash leaves behind is found by the journal alone.
  if (effect.plan !== undefined) work.journal.append({type: 'staging', n, saved: planned})
  const saved = stageOrSay(() => effect.stage?.(change, slot, planned) ?? planned, change)
  work.saved[n] = saved
  if (saved !== planned) work.journal.append({type: 'staging', n, saved})
}

const stageOrSay = (stage: () => Saved, change: SimpleChange): Saved => {
  try {
    return stage()
  } catch (error) {
    throw fromSystem(error, 'prepare', 'path' in change ? change.path : change.kind)
  }
}

/** True for a change whose directory only the plan itself will make, so that it cannot be staged before. */
const waitsForDirectory = (plan: Plan, n: number): boolean => {
  const change = plan.changes[n]
  if (change === undefined || !('path' in change)) return false
  return plan.changes.some(other => other.kind === 'mkdir' && change.path.startsWith(other.path + sep))
}

/** Stages all that can be staged before the first change; gives the numbers that have to wait for their directory. */
export const stageAll = (work: Work): Set<number> => {
  const waiting = new Set<number>()
  for (const n of work.plan.changes.keys()) {
    if (waitsForDirectory(work.plan, n)) waiting.add(n)
    else stageChange(work, n)
  }
  work.journal.append({type: 'staged'})
  return waiting
}
