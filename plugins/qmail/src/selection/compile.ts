// Compiles a selection to one function that judges messages, cheapest questions first.
import type {MessageNumber} from '../queue/number.js'
import {bodyTest, headerTest} from './content-criteria.js'
import type {Test} from './criterion.js'
import {ageTest, idTest, senderTest, sizeTest, stateTest} from './envelope-criteria.js'
import type {Match, MessageView, Recipient} from './message-view.js'
import {compileRecipients, type RecipientJudge} from './recipients.js'
import {parseIds, type Selection} from './selection.js'

/** Which parts of a MessageView the selection may ask for; what is false is never asked. */
export interface Needs {
  readonly sender: boolean
  readonly queuedAt: boolean
  readonly size: boolean
  readonly state: boolean
  readonly recipients: boolean
  readonly header: boolean
  readonly body: boolean
}

/** A selection ready to judge messages. */
export interface CompiledSelection {
  readonly needs: Needs
  /** The only numbers that can match, where --id was given: nothing else need be looked at. */
  readonly ids: ReadonlySet<MessageNumber> | undefined
  /** True when it selects recipients (--recipient, --local, --remote), so that a message may match in part. */
  readonly byRecipient: boolean
  /** Returns for whom a message is selected, null when it is not. */
  readonly match: <R extends Recipient>(message: MessageView<R>) => Match<R> | null
}

const WHOLE: Match<never> = Object.freeze({recipients: null, otherPending: 0})

/**
 * Compiles a selection; USAGE error for a value that makes no sense.
 * @param nowSeconds the clock, seconds since the epoch
 */
export const compileSelection = (selection: Selection, nowSeconds: number): CompiledSelection => {
  const ids = selection.id?.any && parseIds(selection.id.any, 'id')
  const tests = {
    ids: idTest(selection.id, ids),
    state: stateTest(selection.state),
    sender: senderTest(selection),
    queuedAt: ageTest(selection, nowSeconds),
    size: sizeTest(selection),
    header: headerTest(selection),
    body: bodyTest(selection.body),
  }
  const judge = compileRecipients(selection)
  const {ids: id, state, sender, queuedAt, size} = tests
  const before = defined([id, state?.possible, sender, queuedAt, size, state?.exact])
  const after = defined([tests.header, tests.body])
  return {
    needs: {
      sender: tests.sender !== undefined,
      queuedAt: tests.queuedAt !== undefined,
      size: tests.size !== undefined,
      state: tests.state !== undefined,
      recipients: judge !== undefined,
      header: tests.header !== undefined,
      body: tests.body !== undefined,
    },
    ids,
    byRecipient: judge?.byRecipient ?? false,
    match: message => matchOf(message, before, judge, after),
  }
}

const defined = (tests: readonly (Test | undefined)[]): Test[] => tests.filter(test => test !== undefined)

const matchOf = <R extends Recipient>(
  message: MessageView<R>,
  before: readonly Test[],
  judge: RecipientJudge | undefined,
  after: readonly Test[],
): Match<R> | null => {
  for (const test of before) if (!test(message)) return null
  let match: Match<R> | null = WHOLE
  if (judge !== undefined) {
    const recipients = message.recipients()
    match = recipients === null ? null : judge.match(recipients)
  }
  if (match === null) return null
  for (const test of after) if (!test(message)) return null
  return match
}
