// How much work the model may put into one pattern: following it must not take longer than what it is asked for.
import {TooBigError} from './nodes.js'

/** Units between two looks at the clock: some milliseconds. */
const LOOK_AFTER = 1_000_000

export interface EffortLimits {
  /** Units of work: members of sets that are merged, bytes of keys that are walked. 300 million, about a second, unless told. */
  readonly work?: number
  /** True when time is up. The place for a clock. */
  readonly stop?: (() => boolean) | undefined
}

const WORK = 300_000_000

/** Counts the work. */
export class Effort {
  private done = 0
  private look = LOOK_AFTER
  private readonly limits: EffortLimits

  constructor(limits: EffortLimits) {
    this.limits = limits
  }

  /** TooBigError beyond the limit, or when time is up. */
  spend(units: number): void {
    this.done += units
    if (this.done < this.look) return
    if (this.done > (this.limits.work ?? WORK)) throw new TooBigError('work')
    if (this.limits.stop?.() === true) throw new TooBigError('time')
    this.look = this.done + LOOK_AFTER
  }
}
