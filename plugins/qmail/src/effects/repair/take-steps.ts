// Takes the steps of a repair, verdict by verdict, and remembers what did not work.
import * as fs from 'node:fs'
import {setImmediate} from 'node:timers/promises'

import {isOpsError, OpsError, type JsonObject} from 'mailops/core'
import {syncDirectory, type BulkContext} from 'mailops/effects'

import type {Step} from '../../check/finding.js'
import type {StepList} from './step-list.js'
import {directoriesChanged, standing, takeBackStep, takeStep, type StepPlace} from './steps.js'

/** Steps between two breaths, in which ^C and progress get their turn. */
export const BREATH = 200
const SKIPPED_SHOWN = 1_000

/** What did not work. */
export interface Skipped {
  readonly path: string
  readonly reason: string
}

/** What came of the steps; `skipped` holds the first thousand. */
export interface Outcome {
  done: number
  skippedCount: number
  readonly skipped: Skipped[]
}

/** An outcome with nothing in it yet. */
export const noOutcome = (): Outcome => ({done: 0, skippedCount: 0, skipped: []})

/** The outcome as members of a result. */
export const outcomeJson = ({done, skippedCount, skipped}: Outcome): JsonObject => ({
  steps: done,
  skippedCount,
  skipped: skipped.map(one => ({...one})),
})

/** Syncs what renames have changed; a directory that is gone needs it no more. */
export const syncAll = (directories: ReadonlySet<string>): void => {
  for (const directory of directories) if (fs.existsSync(directory)) syncDirectory(directory)
}

/** Takes all steps of a list in order; stops between two verdicts when interrupted. */
export const takeSteps = async (list: StepList, place: StepPlace, context: BulkContext): Promise<Outcome> => {
  const outcome = noOutcome()
  const directories = new Set<string>()
  for (let i = 0; i < list.length; ) {
    if (i % BREATH === 0) await setImmediate()
    if (context.signal.aborted) {
      skip(outcome, {path: place.queue, reason: 'interrupted'})
      break
    }
    const steps: Step[] = []
    const {verdict} = list.at(i)
    for (let next = list.at(i); i < list.length && next.verdict === verdict; ) {
      steps.push(next.step)
      if (++i < list.length) next = list.at(i)
    }
    await takeVerdict(steps, {place, outcome})
    for (const step of steps) for (const directory of directoriesChanged(place, step)) directories.add(directory)
    context.progress(i, list.length)
  }
  syncAll(directories)
  return outcome
}

/** Adds something that did not work. */
export const skip = (outcome: Outcome, one: Skipped): void => {
  outcome.skippedCount++
  if (outcome.skipped.length < SKIPPED_SHOWN) outcome.skipped.push(one)
}

/** What the system or we said; anything else is a bug, and thrown on. */
export const reasonOf = (error: unknown): string => {
  if (isOpsError(error) || (error as NodeJS.ErrnoException).syscall !== undefined) return (error as Error).message
  throw error
}

/** All steps of a verdict until one does not work; a unit that was begun is then taken back. */
const takeVerdict = async (steps: readonly Step[], {place, outcome}: {place: StepPlace; outcome: Outcome}): Promise<void> => {
  const taken: Step[] = []
  for (const step of steps)
    try {
      const now = standing(place, step)
      if (now === 'other') throw new OpsError('CHANGED', `${step.path} changed meanwhile`, {exit: 'tryAgain'})
      if (now === 'before') await takeStep(place, step)
      taken.push(step)
    } catch (error) {
      // Reported with its path; the other messages have nothing to do with it.
      skip(outcome, {path: step.path, reason: reasonOf(error)})
      const unit = taken.filter(one => one.unit !== undefined && one.unit === step.unit)
      for (const one of unit.toReversed()) takeBackStep(place, one)
      outcome.done += taken.length - unit.length
      return
    }
  outcome.done += taken.length
}

