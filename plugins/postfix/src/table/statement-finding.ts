// Makes a finding about a logical line.
import {CONSEQUENCES, type Finding, type FindingEffect} from './finding.js'
import type {PatternProblem} from './pattern-use.js'

/** Returns the finding of a problem at a line, with what the effect means for lookups. */
export const finding = (
  {line, lastLine}: {line: number; lastLine: number},
  {code, message}: PatternProblem,
  effect: FindingEffect,
): Finding => ({code, line, lastLine, message, effect, consequence: CONSEQUENCES[effect]})
