// The configuration of Postfix and what runs of it.
export * from './directory.js'
export * from './holders.js'
export * from './read.js'
export * from './running.js'
