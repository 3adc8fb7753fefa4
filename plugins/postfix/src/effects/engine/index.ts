// The real engine.
export * from './ask.js'
export * from './confirm.js'
export * from './explain.js'
export * from './indexed.js'
