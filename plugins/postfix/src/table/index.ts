// The language of regexp: and pcre: tables: bytes to entries and back.
export * from './entry.js'
export * from './finding.js'
export * from './inline.js'
export * from './parse.js'
export * from './pattern-use.js'
export * from './result.js'
