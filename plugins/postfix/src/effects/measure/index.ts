// Memory of real processes.
export * from './measure.js'
export {anonymousBytes, untilIdle} from './process-memory.js'
export * from './scratch.js'
