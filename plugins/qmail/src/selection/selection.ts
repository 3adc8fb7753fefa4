// Which messages a command is about: the selection options as plain data, the same for list, stats, purge and retry.
import {parseNumber, type MessageNumber} from '../queue/number.js'
import {usageError} from './usage-error.js'

/** Options that take a value and may be repeated; each has a negation `--not-NAME`. */
export const VALUE_SELECTORS = [
  'id',
  'state',
  'sender',
  'older-than',
  'newer-than',
  'larger-than',
  'smaller-than',
  'recipient',
  'subject',
  'header',
  'body',
] as const

/** Options without a value; each has a negation `--not-NAME`. */
export const FLAG_SELECTORS = ['bounces', 'local', 'remote'] as const

/** An option of a selection that takes a value. */
export type ValueSelector = (typeof VALUE_SELECTORS)[number]
/** An option of a selection that takes none. */
export type FlagSelector = (typeof FLAG_SELECTORS)[number]

/** Values of one option as given: a message must match one of `any` (if there are), and none of `none`. */
export interface Criterion {
  readonly any?: readonly string[]
  readonly none?: readonly string[]
}

/** All that was asked for, as JSON keeps it: criteria of different options must all hold. */
export type Selection = {readonly [K in ValueSelector]?: Criterion} & {readonly [K in FlagSelector]?: boolean}

/** Flags as the command line's parser returns them, by name; those of other purposes are ignored. */
export type SelectionFlags = Readonly<Record<string, unknown>>

/** Takes parsed flags and returns the selection; a flag beside its own negation is a USAGE error. */
export const selectionOf = (flags: SelectionFlags): Selection => {
  const selection: Record<string, Criterion | boolean> = {}
  for (const name of VALUE_SELECTORS) {
    const any = flags[name] as readonly string[] | undefined
    const none = flags[`not-${name}`] as readonly string[] | undefined
    if (any?.length || none?.length) selection[name] = {...(any?.length && {any}), ...(none?.length && {none})}
  }
  for (const name of FLAG_SELECTORS) {
    if (flags[name] === true && flags[`not-${name}`] === true)
      throw usageError(name, '', `contradicts --not-${name}: nothing could match both`)
    if (flags[name] === true) selection[name] = true
    if (flags[`not-${name}`] === true) selection[name] = false
  }
  return selection
}

/** True when nothing was asked for, so that every message matches: a command that destroys demands --all then. */
export const isEmptySelection = (selection: Selection): boolean => Object.keys(selection).length === 0

/** Returns the selection as command line options, for history and questions; the inverse of parsing them. */
export const selectionText = (selection: Selection): string =>
  [...VALUE_SELECTORS.flatMap(name => valueWords(name, selection[name])), ...flagWords(selection)].join(' ')

const valueWords = (name: string, criterion: Criterion | undefined): string[] => [
  ...(criterion?.any ?? []).map(value => `--${name}=${quoted(value)}`),
  ...(criterion?.none ?? []).map(value => `--not-${name}=${quoted(value)}`),
]

const flagWords = (selection: Selection): string[] =>
  FLAG_SELECTORS.flatMap(name => {
    const value = selection[name]
    return value === undefined ? [] : [value ? `--${name}` : `--not-${name}`]
  })

const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`

/** Takes values of --id and returns the numbers; USAGE for what is no message number. */
export const parseIds = (values: readonly string[], option: string): Set<MessageNumber> => {
  const ids = new Set<MessageNumber>()
  for (const value of values) {
    const id = parseNumber(value)
    if (id === undefined) throw usageError(option, value, 'not a message number', 'mailops qmail list')
    ids.add(id)
  }
  return ids
}

/** Takes what `--id -` read from stdin and returns the values in it: numbers apart by white space. */
export const idWords = (text: string): string[] => text.split(/\s+/).filter(word => word !== '')
