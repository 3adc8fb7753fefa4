// Which sockets the daemon opens: those of the settings, each from systemd where it passes one.
import type {Listener, Settings} from '../../policy/types.js'
import type {Activated} from './activation.js'

/** One socket to open, and who is served on it. */
export interface PlannedSocket {
  readonly kind: 'filter' | 'policy' | 'exim'
  readonly listener: Listener
  /** systemd's descriptor for it. */
  readonly fd?: number | undefined
}

const ofKind = (kind: PlannedSocket['kind'], listeners: readonly Listener[], fds: readonly number[]): PlannedSocket[] => {
  const count = Math.max(listeners.length, fds.length)
  return Array.from({length: count}, (_, index) => ({
    kind,
    // A descriptor without a listener of the settings goes by its number; it has the times of all.
    listener: listeners[index] ?? {name: `fd:${fds[index]}`, address: {path: `/fd/${fds[index]}`}},
    fd: fds[index],
  }))
}

/** The n-th descriptor of a kind stands for the n-th listener of that kind in the settings. */
export const plannedSockets = ({socket, policy, exim}: Settings, activated: Activated): PlannedSocket[] => [
  ...ofKind('filter', [socket], activated.filter),
  ...ofKind('policy', policy, activated.policy),
  ...ofKind('exim', exim, activated.exim),
]
