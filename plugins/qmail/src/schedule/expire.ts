// Giving a message up now: its birth is set so far back that the next attempt is its last.

/**
 * Returns the modification time for info/N, seconds since the epoch, with which qmail-send turns the next deferral into a
 * failure: it asks `recent > birth + lifetime` at the beginning of each pass (pass_dochan in qmail-send.c).
 */
export const expiredBirth = ({now, lifetime}: {now: number; lifetime: number}): number => Math.floor(now) - lifetime - 1
