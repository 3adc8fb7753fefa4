// What pure code may import as 'mailops/core': errors, plans, text. Loads nothing but itself.
export * from './errors.js'
export * from './plan.js'
