// Reads a whole source into memory, one entry a key.
import {merged, type Imported} from '../../exchange/imported.js'
import {keyText} from '../../policy/transition.js'
import {ruleKey} from '../../policy/rule.js'
import type {Rule} from '../../policy/types.js'
import type {Entry} from '../../store/store.js'

/** What was read: each key and each list entry once, and how much was left out for which reason. */
export interface Gathered {
  readonly entries: readonly Entry[]
  readonly rules: readonly Rule[]
  readonly skipped: ReadonlyMap<string, number>
}

/** @param report called with how many records were read */
export const gather = async (source: AsyncIterable<Imported>, report: (read: number) => void): Promise<Gathered> => {
  const entries = new Map<string, Entry>()
  const rules = new Map<string, Rule>()
  const skipped = new Map<string, number>()
  let read = 0
  for await (const imported of source) {
    if (++read % 1000 === 0) report(read)
    if ('rule' in imported) rules.set(ruleKey(imported.rule), imported.rule)
    else if ('skipped' in imported) skipped.set(imported.skipped, (skipped.get(imported.skipped) ?? 0) + 1)
    else {
      const key = keyText(imported.entry)
      const earlier = entries.get(key)
      entries.set(key, earlier === undefined ? imported.entry : merged(earlier, imported.entry))
    }
  }
  return {entries: [...entries.values()], rules: [...rules.values()], skipped}
}
