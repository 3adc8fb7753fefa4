// A message on hold: its channel files have a time so far ahead that qmail-send never finds it due.

/**
 * Modification time of the channel files of a message on hold, seconds since the epoch: 18 January 2038, the last day that
 * every file system can store. qmail-send writes it back to the second at each clean stop, so it tells a held message.
 */
export const HELD_UNTIL_SECONDS = 2_147_400_000

/** True for the modification time (milliseconds) of a channel file on hold. */
export const isHeld = (mtimeMs: number): boolean => Math.floor(mtimeMs / 1000) === HELD_UNTIL_SECONDS
