// What the rest of the plugin knows of sources.
export * from './portable-name.js'
export * from './source.js'
