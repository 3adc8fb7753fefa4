// Questions for which mess/N has to be opened: subject, header fields, body.
import {fieldReader, isFieldName} from '../message/header.js'
import {subjectOf} from '../message/subject.js'
import {bodySearch, type BodySearch} from './body-search.js'
import {criterion, type Test} from './criterion.js'
import type {MessageView} from './message-view.js'
import type {Criterion, Selection} from './selection.js'
import {textMatcher} from './text-pattern.js'
import {usageError} from './usage-error.js'

/** --subject and --header. */
export const headerTest = (selection: Selection): Test | undefined => {
  const subject = criterion<string>(selection.subject, 'subject', subjectPredicate)
  const field = criterion<string>(selection.header, 'header', fieldPredicate)
  if (subject === undefined && field === undefined) return undefined
  return message => {
    const header = message.header()
    return header !== null && (subject?.(header) ?? true) && (field?.(header) ?? true)
  }
}

const subjectPredicate = (pattern: string, option: string): ((header: string) => boolean) => {
  const matches = textMatcher(pattern, option, 'text')
  return header => matches(subjectOf(header))
}

const fieldPredicate = (value: string, option: string): ((header: string) => boolean) => {
  const colon = value.indexOf(':')
  const name = value.slice(0, Math.max(0, colon)).trim()
  if (!isFieldName(name)) throw usageError(option, value, "not 'Name: pattern'", `--${option} 'X-Mailer: *bulk*'`)
  const read = fieldReader(name)
  const matches = textMatcher(value.slice(colon + 1).trim(), option, 'bytes')
  return header => read(header).some(matches)
}

/** --body: reads the message to the first match, or to its end. */
export const bodyTest = (given: Criterion | undefined): Test | undefined => {
  if (given === undefined) return undefined
  const any = given.any && bodySearch(given.any, 'body')
  const none = given.none && bodySearch(given.none, 'not-body')
  return message =>
    (any === undefined || searched(message, any) === true) && (none === undefined || searched(message, none) === false)
}

const searched = (message: MessageView, search: BodySearch): boolean | null => {
  search.reset()
  return message.searchBody(search)
}
