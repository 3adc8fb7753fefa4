// Optimising with the machine's clock and its postmap(1).
export * from './differential.js'
export * from './optimize-proven.js'
export * from './write-plan.js'
export * from './output.js'
