// Everything of this plugin that touches the machine.
export * from './configuration/index.js'
export * from './engine/index.js'
export * from './measure/index.js'
export * from './optimize/index.js'
export * from './output-file.js'
export * from './read-lines.js'
export * from './read-map.js'
