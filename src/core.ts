// What pure code may import as 'mailops/core': errors, plans, spans of time, text. Loads nothing but itself.
export type {DoctorFinding} from './doctor-finding.js'
export * from './duration.js'
export * from './errors.js'
export * from './output/table.js'
export * from './output/terminal-safe.js'
export * from './output/units.js'
export * from './output/wrap.js'
export * from './plan.js'
