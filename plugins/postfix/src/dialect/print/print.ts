// Writes a tree as a pattern that the engine reads back as the same language.
import {emptySet, unionSet} from '../../regex/byte-set.js'
import {type Assertion, bytes, type RegexNode, withoutGroups} from '../../regex/node.js'
import {findQuirk} from '../ere/quirk.js'
import {printClass} from './class.js'
import {PrintError, type PrintTarget} from './target.js'

export type {PrintTarget} from './target.js'

export type Printed = {readonly text: string} | {readonly unprintable: string}

/**
 * Returns the pattern (latin1 text, without delimiters) for a tree, or why the target cannot say it. For regexp: the
 * pattern is extended syntax without REG_NEWLINE, for pcre: it expects DOTALL; both are Postfix's defaults.
 */
export const printPattern = (node: RegexNode, target: PrintTarget): Printed => {
  if (target.engine === 'regexp' && findQuirk(node) !== undefined)
    return {unprintable: 'anchors where glibc mistakes them'}
  try {
    const keepsGroups = target.captures === true || target.nested === true
    return {text: print(keepsGroups ? node : withoutGroups(node), target, 'alt')}
  } catch (error) {
    // What the target has no syntax for; anything else is a bug.
    if (error instanceof PrintError) return {unprintable: error.message}
    throw error
  }
}

/** How tightly the place binds that a text is put into. */
type Place = 'alt' | 'cat' | 'repeat'

const print = (node: RegexNode, target: PrintTarget, place: Place): string => {
  switch (node.kind) {
    case 'class':
      return printClass(node.set, target)
    case 'assert':
      return printAssertion(node.at, target, place)
    case 'group':
      return printGroup(node.item, target)
    case 'cat':
      return printCat(node.items, target, place)
    case 'alt':
      return printAlt(node.items, target, place)
    case 'repeat':
      return printRepeat(node, target, place)
  }
}

/** A group that captures, or brackets that only nest; those are not doubled around what brackets itself. */
const printGroup = (item: RegexNode, target: PrintTarget): string =>
  target.captures === true ? `(${print(item, target, 'alt')})` : wrap(print(item, target, 'alt'), target)

const wrap = (text: string, {engine, captures}: PrintTarget): string => {
  if (engine === 'pcre') return `(?:${text})`
  if (captures === true) throw new PrintError('a group that does not capture')
  return `(${text})`
}

const printCat = (items: readonly RegexNode[], target: PrintTarget, place: Place): string => {
  const text = items.map(item => print(item, target, items.length === 1 ? place : 'cat')).join('')
  if (place === 'repeat' && items.length !== 1) return wrap(text, target)
  // An empty branch beside others is printAlt's matter; alone in brackets it is fine in both engines.
  return text
}

const printAlt = (items: readonly RegexNode[], target: PrintTarget, place: Place): string => {
  const branches = target.captures === true ? items : joinBytes(items)
  const filled = branches.filter(item => !isEmpty(item))
  if (target.captures !== true && filled.length < branches.length)
    return printRepeat({kind: 'repeat', item: altOf(filled), min: 0, max: 1, lazy: false}, target, place)
  if (branches.length === 1) return print(branches[0]!, target, place)
  const text = branches.map(item => print(item, target, 'alt')).join('|')
  return place === 'alt' ? text : wrap(text, target)
}

const isEmpty = (node: RegexNode): boolean => node.kind === 'cat' && node.items.length === 0

const altOf = (items: readonly RegexNode[]): RegexNode => (items.length === 1 ? items[0]! : {kind: 'alt', items})

/** Alternatives of one byte are one class; it takes the place of the first of them. */
const joinBytes = (items: readonly RegexNode[]): readonly RegexNode[] => {
  const single = items.filter(item => item.kind === 'class')
  if (single.length < 2) return items
  const joined = bytes(single.reduce((set, item) => unionSet(set, item.set), emptySet()))
  return items.flatMap(item => (item.kind !== 'class' ? [item] : item === single[0] ? [joined] : []))
}

const printRepeat = (node: RegexNode & {kind: 'repeat'}, target: PrintTarget, place: Place): string => {
  const {item, min, max, lazy} = node
  if (target.engine === 'regexp' && item.kind === 'assert') throw new PrintError('a repeated assertion')
  const inner = isEmpty(item) ? wrap('', target) : print(item, target, 'repeat')
  const text = inner + times(min, max) + (lazy && target.engine === 'pcre' && target.captures === true ? '?' : '')
  // Both engines would take a second quantifier for something else.
  return place === 'repeat' ? wrap(text, target) : text
}

const times = (min: number, max: number): string => {
  if (min === 0 && max === 1) return '?'
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return min === max ? `{${min}}` : `{${min},${max}}`
}

const ERE_ASSERTIONS: Partial<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  word: '\\b',
  'not-word': '\\B',
  'word-start': '\\<',
  'word-end': '\\>',
}

const PCRE_ASSERTIONS: Partial<Record<Assertion, string>> = {
  start: '^',
  end: '\\z',
  'end-newline': '$',
  'line-start-inner': '(?m:^)',
  'line-end': '(?m:$)',
  word: '\\b',
  'not-word': '\\B',
  'word-start': '[[:<:]]',
  'word-end': '[[:>:]]',
}

const printAssertion = (at: Assertion, target: PrintTarget, place: Place): string => {
  const text = (target.engine === 'regexp' ? ERE_ASSERTIONS : PCRE_ASSERTIONS)[at]
  if (text === undefined) throw new PrintError(`the assertion ${at}`)
  return place === 'repeat' ? wrap(text, target) : text
}
