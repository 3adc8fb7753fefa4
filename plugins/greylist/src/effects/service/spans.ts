// How long entries count at most, over all listeners.
import type {Settings} from '../../policy/types.js'

/** The longest spans of all listeners: an entry is not known by which one it came. */
export const longest = ({window, keep, policy, exim, socket}: Settings): {window: number; keep: number} => {
  const timings = [socket, ...policy, ...exim].map(({timing}) => timing)
  return {
    window: Math.max(window, ...timings.map(timing => timing?.window ?? 0)),
    keep: Math.max(keep, ...timings.map(timing => timing?.keep ?? 0)),
  }
}
