// Exclusive locks that end with our process, one interface over flock(1), lockf(1) and lock files.
export * from './types.js'
export {acquire, busy, holder, tryLock} from './lock.js'
export {flockBackend} from './flock.js'
export {lockFileBackend} from './lock-file.js'
export {lockfBackend} from './lockf.js'
export {commandOf, identityOf, isAlive, type Identity} from './identity.js'
