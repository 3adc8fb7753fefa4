// main.cf and master.cf: which daemons hold which pattern tables.
export * from './configuration.js'
export * from './holders.js'
export * from './map-values.js'
export * from './readers.js'
export * from './uses.js'
