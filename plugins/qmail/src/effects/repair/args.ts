// What the plan of a repair carries: all that undo and recover need to find it again.
import type {JsonObject} from 'mailops/core'

/** The name under which repairs stand in the journal. */
export const REPAIR = 'qmail.repair'

/** What a plan says of a repair; a type, not an interface, so that it is a JsonObject. */
export type RepairArgs = {
  /** Resolved path, and what tells this queue from a later one there. */
  readonly queue: string
  readonly queueDev: string
  readonly queueIno: string
  /** Names the trash; a plan is made before it has a journal id. */
  readonly token: string
  /** How many findings the plan was made for. */
  readonly findings: number
  /** False: only what a running qmail-send does not mind. */
  readonly locked: boolean
}

/** The arguments of a plan of ours. */
export const argsOf = (args: JsonObject): RepairArgs => args as RepairArgs
