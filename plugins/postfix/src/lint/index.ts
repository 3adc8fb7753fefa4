// What is wrong with a table.
export * from './codes.js'
export * from './finding.js'
export * from './lint-table.js'
