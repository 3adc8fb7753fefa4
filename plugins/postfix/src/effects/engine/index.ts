// The real engine.
export * from './ask.js'
export * from './confirm.js'
