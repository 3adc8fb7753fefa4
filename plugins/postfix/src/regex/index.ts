// Trees of regular languages over bytes.
export * from './byte-set.js'
export * from './node.js'
export * from './parsed-pattern.js'
export * from './posix-class.js'
