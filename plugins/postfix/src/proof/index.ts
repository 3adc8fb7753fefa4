// Proofs that two tables answer the same.
export * from './certify.js'
export * from './prove.js'
export * from './witnesses.js'
