// Windows refuses to rename or remove a file that another has open for a moment: a virus scanner, an indexer, a reader.

const TURNS = 50
const TURN_MS = 20
const PASSING = new Set(['EPERM', 'EACCES', 'EBUSY'])

/** Calls `act`; on Windows a refusal that may pass is tried again for a second. Everything else it throws at once. */
export const patiently = <T>(act: () => T): T => {
  for (let turn = 1; ; turn++)
    try {
      return act()
    } catch (error) {
      const isPassing = process.platform === 'win32' && PASSING.has((error as NodeJS.ErrnoException).code ?? '')
      if (!isPassing || turn === TURNS) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TURN_MS)
    }
}
