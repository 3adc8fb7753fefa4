// What commands import as 'mailops'.
export * from './core.js'
