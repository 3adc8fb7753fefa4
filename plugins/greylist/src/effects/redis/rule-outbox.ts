// Changes of the lists on their way to the shared store: they count here at once, and are carried over when it answers.
import {ruleKey} from '../../policy/rule.js'
import type {Rule} from '../../policy/types.js'
import type {Store} from '../../store/store.js'

const PREFIX = 'rule-to-share:'

type Waiting = {readonly add: Rule} | {readonly remove: Rule}

/** What both stores can do here. */
type Kept = Pick<Store, 'recallAll' | 'remember'>

export interface RuleOutbox {
  /** Notes a change in the local store; a later one of the same entry takes its place. */
  keep(change: {readonly add: readonly Rule[]; readonly remove: readonly Rule[]}): Promise<void>
  /** Carries over what waits. @throws what the shared store throws; then everything goes on waiting */
  deliver(): Promise<void>
}

/** The outbox that stands in the local store, so that it outlives a restart. */
export const ruleOutbox = (local: Kept, remote: Pick<Store, 'changeRules'>): RuleOutbox => ({
  keep: async ({add, remove}) => {
    const waiting: Waiting[] = [...remove.map(rule => ({remove: rule})), ...add.map(rule => ({add: rule}))]
    for (const one of waiting) await local.remember(PREFIX + ruleKey('add' in one ? one.add : one.remove), JSON.stringify(one), Number.MAX_SAFE_INTEGER)
  },
  deliver: async () => {
    const kept = await local.recallAll(PREFIX, 1)
    if (kept.length === 0) return
    const waiting = kept.map(([, text]) => JSON.parse(text) as Waiting)
    // Doing it twice changes nothing, so an answer that was lost does no harm.
    await remote.changeRules({add: waiting.flatMap(one => ('add' in one ? one.add : [])), remove: waiting.flatMap(one => ('remove' in one ? one.remove : []))})
    for (const [name] of kept) await local.remember(name, '', 0)
  },
})
