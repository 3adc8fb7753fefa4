// What one line of a log says: a login that failed, or one that succeeded.

/** The replies that end a failed AUTH (src/src/smtp_in.c). */
export type ReplyCode = 435 | 501 | 535 | 553

/** One failed login. */
export interface Failure {
  readonly kind: 'failure'
  /** Seconds since 1970; NaN where the line has no time. */
  readonly time: number
  /** More than 1 only where a log summary says `: N Time(s)`. */
  readonly times: number
  /** Name of the authenticator's instance: `dovecot_login`. */
  readonly authenticator: string
  /** Normal form of the peer's address; '' for a local session (`-bs`). */
  readonly address: string
  /** The peer's port, 0 where the log has none. */
  readonly port: number
  /** The server's address (`I=[...]`), '' where the log has none. */
  readonly local: string
  /** Any: Exim's own are those of `ReplyCode`. */
  readonly code: number
  /** What the client called itself to the authenticator; null where the line has no set_id. */
  readonly account: string | null
  /** The line holds a second peer: somebody wrote one into his HELO or his account, and which is true cannot be told. */
  readonly forged: boolean
  /** Came by syslog, which writes what is for mainlog and rejectlog twice. */
  readonly syslog: boolean
}

/** One accepted message of somebody who had logged in. */
export interface Success {
  readonly kind: 'success'
  readonly time: number
  readonly address: string
  readonly account: string
}
