// What the daemon holds: one service that every socket asks. It never throws and never waits for DNS.
import type {ControlHandler} from '../protocol/control-line.js'
import type {Decision, Request, Settings} from './types.js'

/** Takes the envelope that a fake dialog saw after a deferral: for the log, and for SPF. */
export interface Envelope {
  readonly client: string
  readonly helo?: string
  readonly sender?: string
  readonly recipients: readonly string[]
}

/** The policy with its store, lists, providers and SPF checks. */
export interface Service {
  /**
   * Decides; `reply` is called once, before this returns where no store is needed, else within the same turn of the
   * event loop (SQLite) or after one round trip (Redis). Troubles of the store are a decision too: pass.
   */
  decide(request: Request, reply: (decision: Decision) => void): void
  /** The envelope of a client that was deferred at connect. */
  report(envelope: Envelope): void
  /** What answers on the control socket. */
  readonly control: ControlHandler
  /** Prometheus text. */
  metrics(): Promise<string>
  /** Adds to a counter that the sockets own: `connections`, `protocol_errors`, `passed_unchecked`. */
  tally(name: string, by?: number): void
  /** Other settings (SIGHUP): lists, times, texts. Store and sockets stay as they are. */
  reload(settings: Settings): Promise<void>
  /** Writes what waits, closes the store. */
  close(): Promise<void>
}
