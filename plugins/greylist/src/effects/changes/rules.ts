// Entries of the lists added and removed, as a change that can be undone.
import {plural, type BulkChange, type JsonObject} from 'mailops/core'
import type {BulkContext, BulkHandler, BulkResult} from 'mailops/effects'

import {ruleText} from '../../policy/rule.js'
import type {Rule} from '../../policy/types.js'
import {steerAt, type StoreAt} from './place.js'

const RULES = 'greylist.rules'

interface RulesArgs {
  readonly at: StoreAt
  /** Not there before. */
  readonly add: readonly Rule[]
  /** There before, as they were. */
  readonly remove: readonly Rule[]
}

const argsOf = (args: JsonObject): RulesArgs => args as unknown as RulesArgs

const some = (rules: readonly Rule[]): string => (rules.length <= 2 ? rules.map(ruleText).join(', ') : plural(rules.length, 'list entry', 'list entries'))

const summary = ({add, remove}: Pick<RulesArgs, 'add' | 'remove'>): string =>
  [add.length > 0 && `add ${some(add)}`, remove.length > 0 && `remove ${some(remove)}`].filter(part => part !== false).join('; ')

/** The change of a plan: `add` must not be there now, `remove` must. */
export const rulesChange = (args: RulesArgs): BulkChange => ({
  kind: 'bulk',
  handler: RULES,
  direction: 'apply',
  args: args as unknown as JsonObject,
  undoable: true,
  summary: summary(args),
  why: '',
})

const change = async ({at, add, remove}: RulesArgs, {warn}: BulkContext): Promise<BulkResult> => {
  const steering = await steerAt(at, warn)
  try {
    await steering.changeRules({add, remove})
    return {result: {added: add.length, removed: remove.length, ...(steering.isAway && {isToBeShared: true})}, complete: true}
  } finally {
    await steering.close()
  }
}

const reverse = ({at, add, remove}: RulesArgs): RulesArgs => ({at, add: remove, remove: add})

/** The handler `greylist.rules`. */
export const rulesHandler = (): BulkHandler => ({
  name: RULES,
  apply: async ({args}, context) => change(argsOf(args), context),
  undo: async ({args}, context) => change(reverse(argsOf(args)), context),
  describeUndo: args => summary(reverse(argsOf(args))),
  // One transaction of the store, and doing it again changes nothing: back to before, in both directions.
  recover: async ({args, direction}, context) => {
    await change(reverse(argsOf(args)), context)
    return direction === 'apply' ? 'undone' : 'done'
  },
})
