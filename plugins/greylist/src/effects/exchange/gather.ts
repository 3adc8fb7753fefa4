// Reads a whole source into memory, one entry a key.
import {EntryGatherer, type GatheredEntries} from '../../exchange/gathered.js'
import type {Imported} from '../../exchange/imported.js'
import {ruleKey} from '../../policy/rule.js'
import type {Rule} from '../../policy/types.js'

/** What was read: each key and each list entry once, and how much was left out for which reason. */
export interface Gathered {
  readonly entries: GatheredEntries
  readonly rules: readonly Rule[]
  readonly skipped: ReadonlyMap<string, number>
}

/** Reasons that say nothing against the form: the records are what they should be. */
const IN_FORM = /^(expired|a range wider|a key that|a client that|line \d+, .*: a(n item| regular))/

/** True when there were records, and not one of them was of the form that was expected. */
export const isWrongForm = ({entries, rules, skipped}: Gathered): boolean =>
  entries.length + rules.length === 0 && skipped.size > 0 && ![...skipped.keys()].some(why => IN_FORM.test(why))

/** @param report called with how many records were read */
export const gather = async (source: AsyncIterable<Imported>, report: (read: number) => void): Promise<Gathered> => {
  const entries = new EntryGatherer()
  const rules = new Map<string, Rule>()
  const skipped = new Map<string, number>()
  let read = 0
  for await (const imported of source) {
    if (++read % 1000 === 0) report(read)
    if ('rule' in imported) rules.set(ruleKey(imported.rule), imported.rule)
    else if ('skipped' in imported) skipped.set(imported.skipped, (skipped.get(imported.skipped) ?? 0) + 1)
    else entries.add(imported.entry)
  }
  return {entries, rules: [...rules.values()], skipped}
}
