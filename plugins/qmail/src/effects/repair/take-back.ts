// Takes the steps of a repair back, last first; what somebody else has changed since stays, and is told.
import {setImmediate} from 'node:timers/promises'

import {OpsError} from 'mailops/core'
import type {BulkContext, BulkResult} from 'mailops/effects'

import type {Step} from '../../check/finding.js'
import {removeTrash, type Trash} from '../trash/index.js'
import {readSteps} from './step-list.js'
import {directoriesChanged, retakeMove, standing, takeBackStep, type StepPlace} from './steps.js'
import {BREATH, noOutcome, outcomeJson, reasonOf, skip, syncAll, type Outcome} from './take-steps.js'

/** Takes back all that a repair did in a queue (its path); the trash goes when everything is back. */
export const takeBack = async (path: string, {trash, context}: {trash: Trash; context: BulkContext}): Promise<BulkResult> => {
  const place: StepPlace = {queue: path, trash: trash.path}
  const list = readSteps(trash.path)
  const outcome = noOutcome()
  const directories = new Set<string>()
  const length = list?.length ?? 0
  for (let i = length - 1; i >= 0; i--) {
    if (i % BREATH === 0) await setImmediate()
    if (context.signal.aborted) {
      skip(outcome, {path, reason: 'interrupted'})
      break
    }
    const {step} = list!.at(i)
    if (step.unit === undefined) takeBackOne(step, {place, outcome})
    else {
      const unit = [step]
      while (i > 0 && list!.at(i - 1).step.unit === step.unit) unit.push(list!.at(--i).step)
      takeBackUnit(unit, {place, outcome})
    }
    for (const directory of directoriesChanged(place, step)) directories.add(directory)
    context.progress(length - i, length)
  }
  syncAll(directories)
  if (outcome.skippedCount === 0) removeTrash(path, trash.path)
  return {result: {queue: path, ...outcomeJson(outcome)}, complete: outcome.skippedCount === 0}
}

interface Taking {
  readonly place: StepPlace
  readonly outcome: Outcome
}

const takeBackOne = (step: Step, {place, outcome}: Taking): void => {
  try {
    const now = standing(place, step)
    if (now === 'before') return
    if (now === 'other') throw new OpsError('CHANGED', `${step.path} changed since the repair`, {exit: 'tryAgain'})
    takeBackStep(place, step)
    outcome.done++
  } catch (error) {
    skip(outcome, {path: step.path, reason: reasonOf(error)}) // reported; the rest can still be put back
  }
}

/** The steps of a unit, last first; when one cannot be taken back the others are taken again. */
const takeBackUnit = (unit: readonly Step[], {place, outcome}: Taking): void => {
  // Not begun: where its first step starts from, everything else is still in its place too.
  if (standing(place, unit.at(-1)!) === 'before') return
  const back: Step[] = []
  for (const step of unit)
    try {
      const now = standing(place, step)
      if (now === 'other') throw new OpsError('CHANGED', `${step.path} changed since the repair`, {exit: 'tryAgain'})
      if (now === 'after') {
        takeBackStep(place, step)
        back.push(step)
      }
    } catch (error) {
      skip(outcome, {path: step.path, reason: reasonOf(error)}) // the message stays as the repair left it, whole
      for (const one of back.toReversed()) retakeMove(place, one)
      return
    }
  outcome.done += back.length
}

