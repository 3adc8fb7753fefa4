// The offline purge, as commands and the bulk hook use it.
export {OFFLINE, offlineChange, type OfflineArgs} from './args.js'
export type {OfflineLive} from './apply.js'
export {offlineHandler, trashGone} from './handler.js'
export {inUse, isRunning, mutexOf, sendRunning, withQueueLock, type Held, type LockSurroundings, type StopOptions} from './queue-lock.js'
