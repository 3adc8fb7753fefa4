// Reads the status file that daemontools' supervise and runit's runsv keep (the same first 18 bytes in both).
import {closeSync, constants, openSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fromSystem} from '../../errors.js'

/** Of supervise/status: pid (0: does not run), stopped by SIGSTOP, and what it was asked to be. */
export interface SuperviseStatus {
  pid: number
  paused: boolean
  /** `once`: started by svc -o, not to be restarted. */
  wants: 'up' | 'down' | 'once'
}

/**
 * Whether a supervisor reads a FIFO of a service directory, as svok(8) asks: opening one without a reader is ENXIO.
 * An OpsError (77) when we may not know.
 */
export const isSupervised = (directory: string, fifo: 'ok' | 'control' = 'ok'): boolean => {
  const path = join(directory, 'supervise', fifo)
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENXIO' || code === 'ENOENT' || code === 'ENOTDIR') return false
    throw fromSystem(error, 'control', path)
  }
}

/** 12 bytes TAI64N, pid little-endian, paused, want (u, d or 0); runit adds two. Null: no such file, or not complete. */
export const readStatus = (directory: string): SuperviseStatus | null => {
  const path = join(directory, 'supervise', 'status')
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fromSystem(error, 'read', path)
  }
  if (bytes.length < 18) return null
  const want = String.fromCharCode(bytes[17] ?? 0)
  return {
    pid: bytes.readUInt32LE(12),
    paused: bytes[16] !== 0,
    wants: want === 'u' ? 'up' : want === 'd' ? 'down' : 'once',
  }
}
