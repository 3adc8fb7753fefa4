// One plan at a time on one resource, whoever runs it and wherever his state is kept.
import {join} from 'node:path'

import {acquire, type Lock} from './lock/index.js'
import type {StatePlace} from './state.js'

/**
 * Locks the resource itself (flock(2) on the file or directory), which needs no room on any disk.
 * @param waitMs how long to wait for whoever holds it
 * @throws OpsError 75 `LOCKED`, naming who holds it
 */
export const lockResource = (resource: string, place: StatePlace, waitMs = 0): Promise<Lock> =>
  acquire(resource, {notesDir: join(place.run, 'holders'), runDir: place.run, waitMs})
