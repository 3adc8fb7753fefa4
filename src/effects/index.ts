// What effects and commands may import as 'mailops/effects': the only code that changes the machine.
export * from './process.js'
export * from './lock/index.js'
