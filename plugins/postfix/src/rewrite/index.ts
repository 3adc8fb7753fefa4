// Smaller tables that answer the same.
export {type Used, UNLIMITED} from './allowance.js'
export * from './optimize.js'
export type {KeptReason} from './plan/candidate.js'
export type {RewriteKind} from './round.js'
export * from './convert-dialect.js'
