// Reads one logical line: a rule, an if or an endif, with what Postfix would warn about (dict_regexp.c, dict_pcre.c).
import type {PatternLimits} from '../regex/parsed-pattern.js'
import {isAlnum, skipSpace} from './char.js'
import type {Finding, FindingEffect} from './finding.js'
import type {LogicalLine} from './logical-line.js'
import {type Engine, type PatternProblem, type PatternUse, readPattern} from './pattern-use.js'
import {readResult, type RuleResult} from './result.js'
import {finding} from './statement-finding.js'

export type Statement =
  | {readonly kind: 'rule'; readonly pattern: PatternUse; readonly second?: PatternUse; readonly result: RuleResult}
  | {readonly kind: 'if'; readonly pattern: PatternUse}
  | {readonly kind: 'endif'}
  | {readonly kind: 'ignored'}

export interface StatementContext {
  readonly engine: Engine
  readonly limits: PatternLimits
  readonly forbidSubstitution?: boolean
  /** How many ifs are open. */
  readonly open: number
}

const IGNORED: Statement = {kind: 'ignored'}

/** Reads a logical line as Postfix does; what it would skip is 'ignored', with the finding that says why. */
export const readStatement = (
  line: LogicalLine,
  context: StatementContext,
): {statement: Statement; findings: Finding[]} => {
  const findings: Finding[] = []
  const note = (problem: PatternProblem, effect: FindingEffect): Statement => {
    findings.push(finding(line, problem, effect))
    return IGNORED
  }
  const {text} = line
  const read = !isAlnum(text[0])
    ? readRule
    : isKeyword(text, 'if')
      ? readIf
      : isKeyword(text, 'endif')
        ? readEndif
        : undefined
  const statement =
    read?.(text, context, note) ??
    note({code: 'unrecognized', message: 'ignoring unrecognized request'}, 'line-ignored')
  return {statement, findings}
}

type Note = (problem: PatternProblem, effect: FindingEffect) => Statement

const isKeyword = (text: string, word: string): boolean =>
  text.slice(0, word.length).toLowerCase() === word && !isAlnum(text[word.length])

const readRule = (text: string, context: StatementContext, note: Note): Statement => {
  const patterns = readPatterns(text, context, note)
  if (patterns === undefined) return IGNORED
  const {pattern, second, end} = patterns
  const resultText = text.slice(skipSpace(text, end))
  if (resultText === '') note({code: 'empty-result', message: 'no replacement text: using empty string'}, 'none')
  const read = readResult(resultText)
  if ('problem' in read) return note(read.problem, 'rule-skipped')
  const problem = resultProblem(read.result, pattern, context) ?? (second && patternProblem(second))
  if (problem !== undefined) return note(problem, 'rule-skipped')
  return {kind: 'rule', pattern, ...(second && {second}), result: read.result}
}

const readPatterns = (
  text: string,
  context: StatementContext,
  note: Note,
): {pattern: PatternUse; second?: PatternUse; end: number} | undefined => {
  const first = readPattern(text, 0, context)
  noteProblems(first.problems, first.use === undefined, note)
  if (first.use === undefined) return undefined
  if (context.engine === 'pcre' || text[first.end] !== '!') return {pattern: first.use, end: first.end}
  const second = readPattern(text, first.end, context)
  noteProblems(second.problems, second.use === undefined, note)
  if (second.use === undefined) return undefined
  return {pattern: first.use, second: second.use, end: second.end}
}

const noteProblems = (problems: readonly PatternProblem[], failed: boolean, note: Note): void => {
  for (const [at, problem] of problems.entries())
    note(problem, failed && at === problems.length - 1 ? 'rule-skipped' : 'none')
}

const patternProblem = ({parsed}: PatternUse): PatternProblem | undefined =>
  parsed.kind === 'invalid' ? {code: 'bad-pattern', message: parsed.message} : undefined

/** What Postfix checks about $n, in its order: the rule is skipped for the first problem. */
const resultProblem = (
  result: RuleResult,
  pattern: PatternUse,
  context: StatementContext,
): PatternProblem | undefined => {
  if (result.kind === 'template' && pattern.negated)
    return {
      code: 'negated-substitution',
      message: '$number found in negative match replacement text: skipping this rule',
    }
  if (result.kind === 'template' && context.forbidSubstitution === true)
    return {
      code: 'substitution-forbidden',
      message: 'regular expression substitution is not allowed: skipping this rule',
    }
  const {parsed} = pattern
  if (parsed.kind === 'invalid') return patternProblem(pattern)
  if (result.kind === 'template' && result.highest > parsed.groups)
    return {
      code: 'group-out-of-range',
      message: `out of range replacement index "${result.highest}": skipping this rule`,
    }
  return undefined
}

const readIf = (text: string, context: StatementContext, note: Note): Statement => {
  const {use, end, problems} = readPattern(text, skipSpace(text, 2), context)
  for (const problem of problems)
    note(problem, use === undefined && problem === problems.at(-1) ? 'if-dropped' : 'none')
  if (use === undefined) return IGNORED
  const extra = text.slice(skipSpace(text, end))
  if (extra !== '')
    note({code: 'text-after-if', message: `ignoring extra text after IF statement: "${extra}"`}, 'text-lost')
  const problem = patternProblem(use)
  if (problem !== undefined) return note(problem, 'if-dropped')
  return {kind: 'if', pattern: use}
}

const readEndif = (text: string, context: StatementContext, note: Note): Statement => {
  if (context.open === 0)
    return note({code: 'stray-endif', message: 'ignoring ENDIF without matching IF'}, 'line-ignored')
  if (skipSpace(text, 5) < text.length)
    note({code: 'text-after-endif', message: 'ignoring extra text after ENDIF'}, 'text-lost')
  return {kind: 'endif'}
}
