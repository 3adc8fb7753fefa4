// The daemons that hold a table, with the processes that count.
import type {Daemon} from './uses.js'

/** A daemon and how many processes of it there are to reckon with. */
export interface Holder extends Daemon {
  /** Processes that run now; undefined when this Postfix does not run. */
  readonly running: number | undefined
  /** `running`, else the limit. */
  readonly processes: number
}

/** What a service without a limit in master.cf is reckoned with while it does not run. */
const UNLIMITED = 100

/** Adds the processes to daemons. `running` gives those of a service. */
export const holdersOf = (
  daemons: readonly Daemon[],
  running: ReadonlyMap<string, readonly number[]> | undefined,
): Holder[] =>
  daemons.map(daemon => {
    const now = running === undefined ? undefined : (running.get(daemon.service)?.length ?? 0)
    return {...daemon, running: now, processes: now ?? (daemon.limit === Infinity ? UNLIMITED : daemon.limit)}
  })

/**
 * Copies of the table on the machine: every process of every holder, as often as it loads it. `processes` from the
 * command line replaces the count; each then holds it as often as the holder that loads it most.
 */
export const copiesOf = (holders: readonly Holder[], processes?: number): number => {
  if (processes !== undefined) return processes * holders.reduce((most, {copies}) => Math.max(most, copies), 1)
  return holders.reduce((sum, holder) => sum + holder.processes * holder.copies, 0)
}
