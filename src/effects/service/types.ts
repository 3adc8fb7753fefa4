// What a service is to those who must stop it for a while and bring it back exactly as it was.
import type {Argv} from '../process.js'

/** `custom`: commands of the administrator's; `process`: nobody supervises it. */
export type ServiceKind = 'daemontools' | 'runit' | 's6' | 'systemd' | 'sysv' | 'custom' | 'process'

/** A service as its supervisor sees it now. */
export interface ServiceState {
  /** Runs, or is brought up again by its supervisor. Null: its commands do not tell, look at what it locks. */
  up: boolean | null
  /** Null when it does not run just now, or its commands do not tell. */
  pid: number | null
  /** Runs, but was asked to go down (or, runit and s6, to run once): it does not come back by itself. */
  goingDown: boolean
  /** The command that brings this very state back after a stop; null when there is nothing to bring back, or no way. */
  resume: Argv | null
}

/** Control over one service, by the commands of whoever supervises it. */
export interface Service {
  readonly kind: ServiceKind
  /** Service directory, unit name, script, or what the administrator calls it. */
  readonly name: string
  /** For people: `/service/qmail-send (daemontools)`. */
  readonly describe: string
  /** The command that asks it to go down; it may come back before the service is down. */
  readonly stopArgv: Argv
  /** Null: it cannot be started by us. */
  readonly startArgv: Argv | null
  /** Its commands leave daemons behind or speak to people: their output is not read, their status only a hint. */
  readonly loose: boolean
  /**
   * The process that runs now, where nothing restarts it by itself: it must be gone before a start makes sense. A daemon
   * that still finishes its work would turn the new one away, and then nothing would run.
   */
  readonly servingPid: number | null
  state(): Promise<ServiceState>
  /** Asks it to go down and does not wait for it; one that is down already is an OpsError `ALREADY_DOWN` (75). */
  stop(): Promise<void>
  start(): Promise<void>
  /** Sends SIGALRM; absent where there is no way to. */
  alarm?(): Promise<void>
}
