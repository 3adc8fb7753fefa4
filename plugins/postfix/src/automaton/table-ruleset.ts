// What a parsed table decides, as a ruleset.
import type {Entry, Rule, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'
import {type RuleResult, writeResult} from '../table/result.js'
import {type Condition, type DecisionRule, type Language, NO_ANSWER, type Ruleset} from './ruleset.js'

/**
 * Returns the decisions of a table. Tags are answers: the text, or for $n the pattern and the template, so that equal
 * tags of two tables mean equal answers. With `tagging: 'entry'` each rule has its own tag, its place in `entries`.
 */
export const tableRuleset = (table: Table, tagging: 'answer' | 'entry' = 'answer'): Ruleset => {
  const languages = new Map<number, Language>()
  const guardsOf = (indices: readonly number[]): Condition[] =>
    indices
      // Below an if without endif all keys fulfil it: those that do not were answered by its own rule.
      .filter(index => (table.entries[index] as Entry & {kind: 'if'}).endif !== undefined)
      .map(index => {
        const {pattern} = table.entries[index] as Entry & {kind: 'if'}
        const language = languages.get(index) ?? languageOf(pattern)
        languages.set(index, language)
        return {language, negated: pattern.negated}
      })
  return table.entries.flatMap((entry, index): DecisionRule[] => {
    if (entry.kind === 'if') {
      if (entry.endif !== undefined) return []
      const {pattern} = entry
      return [
        {
          conditions: [...guardsOf(entry.guards), {language: languageOf(pattern), negated: !pattern.negated}],
          tag: NO_ANSWER,
        },
      ]
    }
    if (entry.kind !== 'rule') return []
    return [
      {
        conditions: [...guardsOf(entry.guards), ...ownConditions(entry)],
        tag: tagging === 'entry' ? entryTag(index) : answerTag(entry),
      },
    ]
  })
}

/** The tag of an entry under `tagging: 'entry'`. */
export const entryTag = (index: number): string => `#${index}`

/** The tag of what a rule answers. */
export const answerTag = ({pattern, result}: Rule): string =>
  result.kind === 'text' ? `=${result.text}` : `$${languageKey(pattern)} ${templateText(result)}`

const templateText = (result: RuleResult): string => writeResult(result)

const ownConditions = ({pattern, second}: Rule): Condition[] => {
  const own = {language: languageOf(pattern), negated: pattern.negated}
  if (second === undefined) return [own]
  // The first pattern stays last: adjacent rules are joined by their last condition.
  return [{language: languageOf(second), negated: second.negated}, own]
}

/** The language of a pattern as a table uses it. An invalid one never stands in a table. */
export const languageOf = (use: PatternUse): Language =>
  use.parsed.kind === 'regular' ? {kind: 'regular', node: use.parsed.node} : {kind: 'opaque', key: languageKey(use)}

/** Equal for patterns that the engine reads the same way, because they are written the same. */
const languageKey = ({dialect, text}: PatternUse): string => JSON.stringify([dialect, text])
