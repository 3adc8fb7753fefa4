// What pure code may import as 'mailops/core': errors, plans, text. Loads nothing but itself.
export * from './errors.js'
export * from './output/json-text.js'
export * from './output/table.js'
export * from './output/terminal-safe.js'
export * from './output/units.js'
export * from './output/wrap.js'
export * from './plan.js'
