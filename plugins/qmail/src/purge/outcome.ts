// What became of the messages that a purge or a restore was about, as its JSON document says it.
import type {JsonObject} from 'mailops/core'

/** A message that was left as it is, and why. */
export interface Skipped {
  readonly id: string
  readonly reason: string
}

/** Reasons that say: it has gone by itself, there was nothing left to do. */
export const VANISHED = 'vanished'
/** It has gone, and its number is in use again. */
export const REUSED = 'vanished, its number belongs to another message now'
/** A recipient of the selection is not the only one who would lose it. */
export const SHARED = 'other recipients are pending'
/** qmail-queue is still at it. */
export const BEING_INJECTED = 'is being injected'

/** True for a message that left by itself: a skip that is no failure. */
export const isHarmless = (reason: string): boolean => reason === VANISHED || reason === REUSED

/** So many skipped messages are listed; the rest is counted. */
export const SKIPS_LISTED = 1000

/** Collects skipped messages without holding a million of them. */
export class Skips {
  readonly listed: Skipped[] = []
  count = 0
  /** Of `count` those that are no failure. */
  harmless = 0

  add(id: string, reason: string): void {
    this.count++
    if (isHarmless(reason)) this.harmless++
    if (this.listed.length < SKIPS_LISTED) this.listed.push({id, reason})
  }

  /** Takes over what a handler reported with `json`, whether it lists all of them or not. */
  merge(result: JsonObject): void {
    const {skipped = [], skippedCount = skipped.length} = result as {skipped?: readonly Skipped[]; skippedCount?: number}
    for (const {id, reason} of skipped) this.add(id, reason)
    this.count += skippedCount - skipped.length
  }

  /** True when a message was skipped that is still there. */
  get failed(): boolean {
    return this.count > this.harmless
  }

  /** Its members of a JSON document; the count only where the list is cut. */
  json(): {skipped: {id: string; reason: string}[]; skippedCount?: number} {
    return {
      skipped: this.listed.map(({id, reason}) => ({id, reason})),
      ...(this.count > this.listed.length && {skippedCount: this.count}),
    }
  }
}
