// Patterns as glibc and PCRE2 read them, and back to text.
export {type EreOptions, parseEre} from './ere/parse.js'
export {ERE_REPEAT_MAX} from './ere/count.js'
export {PCRE_DEFAULTS, type PcreOptions} from './pcre/options.js'
export {parsePcre} from './pcre/parse.js'
export {PCRE_REPEAT_MAX} from './pcre/quantifier.js'
export * from './print/delimiter.js'
export {type Printed, printPattern, type PrintTarget} from './print/print.js'
