// What a pattern costs each process that has it, before anybody looks anything up much.
import {COMPILE_LIMITS, estimatePattern} from '../../memory/index.js'
import {PATTERN_LIMITS} from '../../regex/parsed-pattern.js'
import {type Engine, type PatternUse, readPattern} from '../../table/pattern-use.js'
import {delimit} from '../../dialect/print/delimiter.js'
import type {Written} from './write.js'

/** Heap of a pattern right after loading, bytes; a guess when `stop` says that time is up. */
export const coldCost = (use: PatternUse, stop?: () => boolean): number =>
  estimatePattern(use, {captures: false, keys: []}, {...COMPILE_LIMITS, stop}).cold

const SAMPLE = 1_500

/** The same for many patterns, from every n-th of them where they are more than a few. */
export const coldCostOfAll = (uses: readonly PatternUse[], stop?: () => boolean): number => {
  const step = Math.ceil(uses.length / SAMPLE)
  const sample = uses.filter((_, at) => at % step === 0)
  return (sample.reduce((sum, use) => sum + (stop?.() === true ? 0 : coldCost(use, stop)), 0) / Math.max(1, sample.length)) * uses.length
}

/** Reads a pattern back as Postfix will; undefined when it would be refused or is not ours to read. */
export const readBack = ({text, flags}: Pick<Written, 'text' | 'flags'>, engine: Engine): PatternUse | undefined => {
  const delimited = delimit(text)
  if (delimited === undefined) return undefined
  const {use} = readPattern(delimited + flags, 0, {engine, limits: PATTERN_LIMITS})
  return use?.text === text && use.parsed.kind === 'regular' ? use : undefined
}
