// When qmail-send tries a message again, and when it gives up. All times in seconds since the epoch.

/** Default of control/queuelifetime, qmail-control(5): seven days, in seconds. */
export const DEFAULT_QUEUE_LIFETIME = 604_800

/** Age in seconds above which qmail-send removes a mess file nobody accepted (OSSIFIED in qmail-send.c). */
export const OSSIFIED_SECONDS = 129_600

/** A message's birth (mtime of info/N) and the clock. */
export interface MessageClock {
  readonly birth: number
  readonly now: number
}

/**
 * Returns when a message deferred now is due again on a channel: `birth + (floor(sqrt(age)) + skip)^2`, skip being 10
 * for local and 20 for every other channel (nextretry() and chanskip in qmail-send.c).
 */
export const nextRetry = ({birth, now}: MessageClock, channel: string): number => {
  const root = Math.floor(Math.sqrt(Math.max(0, Math.floor(now) - Math.floor(birth))))
  return birth + (root + (channel === 'local' ? 10 : 20)) ** 2
}

/** Returns when qmail-send gives up: an attempt later than this turns each deferral into a failure (`recent > birth + lifetime` in pass_dochan()). */
export const expiresAt = (birth: number, lifetime: number = DEFAULT_QUEUE_LIFETIME): number => birth + lifetime

/** True when qmail-send will remove a message that was never accepted: `messAtime` older than 36 hours. */
export const isOssified = (messAtime: number, now: number): boolean => now > messAtime + OSSIFIED_SECONDS
