// Which of cPanel's services fail to log in with their own keys, as the logs tell: what auth-failures gives reset-serviceauth.

/** One service whose monitor is refused, from this machine's own address. */
export interface FailingService {
  /** As in `__cpanel__service__auth__<service>__`: `exim`, `icontact`. */
  readonly service: string
  /** Refusals since the last time that it was let in. */
  readonly count: number
  /** As the log writes it; absent where a line has no time. */
  readonly last?: string
  /** A line or two of the log, keys redacted. */
  readonly proof: readonly string[]
}

/** What the logs say about service keys. */
export interface LogVerdict {
  /** Cause class `monitor` only: never what a foreign address tried, never a 435. */
  readonly failing: readonly FailingService[]
  /** What they say instead or besides, a sentence each: `14 failures of the backend (435): keys are not the cause`. */
  readonly says: readonly string[]
  /** The logs that were read; none: there is no log here. */
  readonly logs: readonly string[]
}

/**
 * Reads the logs; `src/effects/failing-services.ts` exports it as `readFailingServices`.
 * @param logs files to read; where this machine's Exim logs when empty
 */
export type ReadFailingServices = (logs: readonly string[]) => Promise<LogVerdict>
