// Explanations of many keys, by our reading of the table and by the real engine.
import {explainKey, explainTag, type Explanation, sameAnswer} from '../../explain/explain.js'
import {taggedTable} from '../../explain/tagged-table.js'
import {TableLookup} from '../../lookup/lookup.js'
import type {Table} from '../../table/entry.js'
import {askEngine, cannotAsk, type EngineAnswers, hasEngine} from './ask.js'

export interface ExplainOptions {
  /** Ask postmap too, where there is one. */
  readonly postmap: boolean
  readonly configDirectory?: string | undefined
  /** How long postmap may take. */
  readonly timeoutMs: number
  /** Postmap took longer, or more memory than it gets. */
  readonly timedOut: () => void
  /** This Postfix has no such tables. */
  readonly unavailable: (error: Error) => void
  /** A reading of ours that the engine contradicts. */
  readonly contradicted: (key: string) => void
}

/** Explains keys in the order given. What the engine says counts; keys that it cannot be asked are left to our reading. */
export const explainKeys = async (table: Table, keys: readonly string[], options: ExplainOptions): Promise<Explanation[]> => {
  const lookup = new TableLookup(table)
  const ours = keys.map(key => explainKey(table, lookup, key))
  if (!options.postmap || !hasEngine()) return ours
  const asked = keys.filter(isAskable)
  if (asked.length === 0) return ours
  const engine = await answersTo(table, asked, options)
  if (engine === undefined) return ours
  const {answers, timedOut} = engine
  if (timedOut) options.timedOut()
  return ours.map((our, at) => {
    const key = keys[at]!
    // Out of time: which keys it got to is not known.
    if (!isAskable(key) || (timedOut && !answers.has(key))) return our
    const its = explainTag(table, answers.get(key))
    if (our.verdict === 'unknown') return its
    if (!sameAnswer(our, its) || our.line !== its.line) {
      options.contradicted(key)
      return its
    }
    return our
  })
}

const answersTo = async (table: Table, keys: readonly string[], {configDirectory, timeoutMs, unavailable}: ExplainOptions): Promise<EngineAnswers | undefined> => {
  try {
    return await askEngine({engine: table.engine, source: taggedTable(table), keys, configDirectory, timeoutMs})
  } catch (error) {
    // postfix-pcre is a package of its own: our reading stands without.
    if (!cannotAsk(error)) throw error
    unavailable(error)
    return undefined
  }
}

/** A line for postmap: printable ASCII that is not its own `-`, and of which it does not trim blanks. */
const isAskable = (key: string): boolean => /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(key) && key !== '-'
