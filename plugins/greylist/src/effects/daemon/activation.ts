// Sockets that systemd has opened for us (sd_listen_fds(3)), by the names that their units give them.

/** First descriptor that systemd passes. */
const FIRST = 3

/** What a descriptor is for: FileDescriptorName= of its socket unit. */
export type SocketKind = 'filter' | 'policy' | 'exim' | 'metrics'

const KINDS: readonly string[] = ['filter', 'policy', 'exim', 'metrics']

/** Descriptors by kind, in the order of the unit; a name that is none of the kinds is in `unknown`. */
export interface Activated {
  readonly filter: readonly number[]
  readonly policy: readonly number[]
  readonly exim: readonly number[]
  readonly metrics: readonly number[]
  readonly unknown: readonly string[]
}

/**
 * The descriptors in this environment, if they are for this process.
 * @param env taken along: the variables are removed, so that no program that is started later believes them
 */
export const activatedSockets = (env: NodeJS.ProcessEnv, pid: number): Activated => {
  const {LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES} = env
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name]
  const found = {filter: [] as number[], policy: [] as number[], exim: [] as number[], metrics: [] as number[], unknown: [] as string[]}
  if (Number(LISTEN_PID) !== pid) return found
  const names = (LISTEN_FDNAMES ?? '').split(':')
  for (let index = 0; index < Number(LISTEN_FDS); index++) {
    // A single unnamed socket is named after its unit.
    const name = (names[index] ?? '').replace(/^mailops-greylist(?:-(\w+))?\.socket$/, (_, kind: string | undefined) => kind ?? 'filter')
    if (KINDS.includes(name)) found[name as SocketKind].push(FIRST + index)
    else found.unknown.push(name)
  }
  return found
}
