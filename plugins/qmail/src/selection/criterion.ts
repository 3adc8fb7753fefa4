// One option of a selection as a predicate: any of its values, none of its negation's.
import type {MessageView} from './message-view.js'
import type {Criterion} from './selection.js'

/** A question about a message. */
export type Test = (message: MessageView) => boolean

/** Returns the predicate of an option, undefined where not given; `compile` makes that of one value, or throws. */
export const criterion = <V>(
  given: Criterion | undefined,
  name: string,
  compile: (value: string, option: string) => (value: V) => boolean,
): ((value: V) => boolean) | undefined => {
  if (given === undefined) return undefined
  const any = given.any?.map(value => compile(value, name))
  const none = given.none?.map(value => compile(value, `not-${name}`))
  return value => (any?.some(holds => holds(value)) ?? true) && !none?.some(holds => holds(value))
}
