// What the daemon holds: one service that every socket asks. It never throws and never waits for DNS.
import type {ControlHandler} from '../protocol/control-line.js'
import type {Decision, Request, Settings} from './types.js'

/** The envelope that a fake dialog saw after a deferral. */
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
  /**
   * As `decide`, but nothing is stored, counted or logged.
   * @returns `known` is false when neither a list nor an entry says anything of it (greylistd's `status`: unseen)
   * @throws OpsError when the store cannot be asked
   */
  look(request: Request): Promise<{readonly decision: Decision; readonly known: boolean}>
  /** The envelope of a client that was deferred at connect: for the log, `explain` and SPF. */
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

/** Opens the service; troubles of the store are told through `talk.warn`, never thrown. */
export type OpenService = (settings: Settings, talk: {readonly log: (line: string) => void; readonly warn: (line: string) => void}) => Promise<Service>
