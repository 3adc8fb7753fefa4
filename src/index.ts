// What commands import as 'mailops'.
export {bulkHandlers} from './bulk-hook.js'
export * from './change-command.js'
export * from './command.js'
export * from './core.js'
