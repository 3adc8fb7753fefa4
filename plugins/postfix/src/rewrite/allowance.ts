// How much of the time for a whole run is used up: the clock belongs to whoever runs it.

/** True when more than `share` (0 to 1) of the time is gone. */
export type Used = (share: number) => boolean

/** Never runs out: for callers whose tables are small. */
export const UNLIMITED: Used = () => false
