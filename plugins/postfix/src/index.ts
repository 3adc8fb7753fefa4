// The library inside the plugin: Postfix's pattern tables read, decided, proven equal and written, without any I/O.
export * from './automaton/index.js'
export * from './dialect/index.js'
export * from './lookup/index.js'
export * from './memory/index.js'
export * from './regex/index.js'
export * from './table/index.js'
