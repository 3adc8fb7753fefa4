// Questions that the queue's small files answer: number, state, sender, age, size.
import {MESSAGE_STATES, possibleStates, type MessageState} from '../message/state.js'
import type {MessageNumber} from '../queue/number.js'
import {parseAge} from './age.js'
import {criterion, type Test} from './criterion.js'
import {addressMatcher} from './pattern.js'
import {parseIds, type Criterion, type Selection} from './selection.js'
import {parseSize} from './size.js'
import {usageError} from './usage-error.js'

/** --id and --not-id; `any` are the parsed numbers of --id. */
export const idTest = (given: Criterion | undefined, any: ReadonlySet<MessageNumber> | undefined): Test | undefined => {
  if (given === undefined) return undefined
  const none = parseIds(given.none ?? [], 'not-id')
  return ({number}) => (any?.has(number) ?? true) && !none.has(number)
}

/** --state, in two steps: what the files' presence excludes needs no reading; what it leaves open is asked later. */
export const stateTest = (given: Criterion | undefined): {possible: Test; exact: Test} | undefined => {
  const accepts = criterion<MessageState>(given, 'state', (value, option) => {
    if (!(MESSAGE_STATES as readonly string[]).includes(value))
      throw usageError(option, value, 'no such state', `one of ${MESSAGE_STATES.join(', ')}`)
    return state => state === value
  })
  return (
    accepts && {
      possible: ({presence}) => possibleStates(presence).some(accepts),
      exact: message => possibleStates(message.presence).every(accepts) || accepts(message.state()),
    }
  )
}

/** True for the sender of a bounce: null, or `#@[]` of a double bounce (qmail-send(8)). */
export const isBounceSender = (sender: string): boolean => sender === '' || sender === '#@[]'

/** --sender and --bounces (null sender and `#@[]`). */
export const senderTest = ({sender, bounces}: Selection): Test | undefined => {
  if (sender === undefined && bounces === undefined) return undefined
  const any = sender?.any && addressMatcher(sender.any, 'sender')
  const none = sender?.none && addressMatcher(sender.none, 'not-sender')
  return message => {
    const address = message.sender()
    if (address === null) return false
    if (bounces !== undefined && isBounceSender(address) !== bounces) return false
    return (any?.(address) ?? true) && !none?.(address)
  }
}

/** --older-than and --newer-than, counted from the message's birth. */
export const ageTest = (selection: Selection, now: number): Test | undefined => {
  const older = criterion<number>(selection['older-than'], 'older-than', (value, option) => {
    const seconds = parseAge(value, option)
    return age => age > seconds
  })
  const newer = criterion<number>(selection['newer-than'], 'newer-than', (value, option) => {
    const seconds = parseAge(value, option)
    return age => age < seconds
  })
  if (older === undefined && newer === undefined) return undefined
  return message => {
    const queuedAt = message.queuedAt()
    return queuedAt !== null && (older?.(now - queuedAt) ?? true) && (newer?.(now - queuedAt) ?? true)
  }
}

/** --larger-than and --smaller-than, bytes of mess/N. */
export const sizeTest = (selection: Selection): Test | undefined => {
  const larger = criterion<number>(selection['larger-than'], 'larger-than', (value, option) => {
    const bytes = parseSize(value, option)
    return size => size > bytes
  })
  const smaller = criterion<number>(selection['smaller-than'], 'smaller-than', (value, option) => {
    const bytes = parseSize(value, option)
    return size => size < bytes
  })
  if (larger === undefined && smaller === undefined) return undefined
  return message => {
    const size = message.size()
    return size !== null && (larger?.(size) ?? true) && (smaller?.(size) ?? true)
  }
}
