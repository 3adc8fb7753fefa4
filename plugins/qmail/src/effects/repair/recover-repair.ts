// Brings a repair, or its undo, that was cut off to a state that is legal and can be undone.
import type {BulkChange} from 'mailops/core'
import type {BulkContext} from 'mailops/effects'

import type {Step} from '../../check/finding.js'
import {findTrash, listTrashes, removeTrash} from '../trash/index.js'
import {argsOf} from './args.js'
import {NO_STOP, withoutSend} from './lock.js'
import {readSteps, type StepList} from './step-list.js'
import {standing, takeStep, type StepPlace} from './steps.js'

/**
 * After a crash: nothing of it was done, or it is left as far as it came, which is legal and can be undone. Only a unit
 * that was cut off in its middle is taken to its end.
 */
export const recover = async (change: BulkChange, context: BulkContext): Promise<'undone' | 'done'> => {
  const args = argsOf(change.args)
  const trash = findTrash(args.queue, args.token)
  // Nothing is changed before the trash is there, and the last thing an undo does is to remove it.
  if (trash === undefined) {
    if (change.direction === 'apply') removeTorn(args.queue, context.journalId)
    return change.direction === 'undo' ? 'done' : 'undone'
  }
  const place: StepPlace = {queue: args.queue, trash: trash.path}
  const list = readSteps(trash.path)
  const isDone = (i: number): boolean => standing(place, list!.at(i).step) === 'after'
  const any = list !== undefined && Array.from({length: list.length}, (_, i) => i).some(isDone)
  if (!any) {
    removeTrash(args.queue, trash.path)
    return change.direction === 'undo' ? 'done' : 'undone'
  }
  const halves = halfUnits(list, place)
  if (halves.length > 0)
    await withoutSend(args.queue, {options: NO_STOP, context}, async () => {
      for (const steps of halves) await finishUnit(steps, place, context)
    })
  return 'done'
}

/** A trash of that id without a manifest, cut off while it was made: nothing was put into it. */
const removeTorn = (queue: string, id: string): void => {
  for (const broken of listTrashes(queue).broken) if (broken.id === id) removeTrash(queue, broken.path)
}

const halfUnits = (list: StepList, place: StepPlace): Step[][] => {
  const units = new Map<number, Step[]>()
  for (let i = 0; i < list.length; i++) {
    const {step} = list.at(i)
    if (step.unit !== undefined) units.set(step.unit, [...(units.get(step.unit) ?? []), step])
  }
  // In a unit that is whole its first step is `other` (the file has gone on) or `before`, its last `after` or `before`.
  return [...units.values()].filter(steps => {
    const begun = standing(place, steps[0]!) !== 'before'
    return begun && standing(place, steps.at(-1)!) !== 'after'
  })
}

const finishUnit = async (steps: readonly Step[], place: StepPlace, context: BulkContext): Promise<void> => {
  // The last step that stands `after` was the last one taken; what comes later is still to do.
  const last = steps.findLastIndex(step => standing(place, step) === 'after')
  for (const step of steps.slice(last + 1)) {
    if (standing(place, step) === 'before') await takeStep(place, step)
    else context.warn(`${step.path} changed since the repair was cut off; left as it is`)
  }
}
