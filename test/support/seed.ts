// In CI the property tests try the same cases each time, so that a run says something of the change it is for; elsewhere
// each run tries new ones.
import fc from 'fast-check'

if (process.env['CI'] === 'true') fc.configureGlobal({seed: 20_261_122})
