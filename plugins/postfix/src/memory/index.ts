// What a table costs: heap of a process that has it open, cold and after long use.
export {COMPILE_LIMITS, type CompileLimits, CompiledPattern, type CompileOptions} from './glibc/compiled.js'
export {estimatePattern, type PatternEstimate, type PatternRole} from './pattern-estimate.js'
export {PCRE_CODE_MAX, PCRE_UNTOUCHED_BYTES, pcreCodeBytes} from './pcre/estimate.js'
export {
  type EntryEstimate,
  estimateEntry,
  estimateTable,
  type EstimateOptions,
  type TableEstimate,
} from './table-estimate.js'
export {tableKeys} from './table-keys.js'
export {WORKING_KEYS, workingKeys} from './working-keys.js'
