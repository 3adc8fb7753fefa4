// What must not stay behind when a signal ends us: private directories, programs that only we wait for.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const cleanups = new Set<() => void>()

const cleanUp = (): void => {
  for (const cleanup of [...cleanups].toReversed()) {
    try {
      cleanup()
    } catch {
      // One that fails must not keep the others from their turn: we are being ended.
    }
  }
  cleanups.clear()
}

const onSignal = (signal: NodeJS.Signals): void => {
  cleanUp()
  leaveSignals()
  // The way the signal would have ended us: a shell tells that from an exit. Who listens too decides for himself.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

// Only while there is something to clean up: a listener defers signals until the event loop turns, and whoever
// computes for long must be ended by ^C at once.
const watchSignals = (): void => {
  process.on('exit', cleanUp)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

const leaveSignals = (): void => {
  process.off('exit', cleanUp)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

/**
 * Calls `cleanup` (synchronous) when SIGINT, SIGTERM or SIGHUP ends the process, or process.exit does, before the
 * function that is returned was called. The last one registered is called first.
 */
export const cleanedUp = (cleanup: () => void): (() => void) => {
  if (cleanups.size === 0) watchSignals()
  cleanups.add(cleanup)
  return () => {
    if (cleanups.delete(cleanup) && cleanups.size === 0) leaveSignals()
  }
}
