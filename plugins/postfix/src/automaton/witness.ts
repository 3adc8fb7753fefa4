// Keys that a pattern matches, made from its tree: for tests against the real engine and for finding who answers.
import {hasByte, upperByte} from '../regex/byte-set.js'
import type {RegexNode} from '../regex/node.js'

// What a person would type first.
const PREFERRED = Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789@.-_+/ ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'latin1')

/**
 * Returns keys (latin1 text) that go through every alternative, both ways of every option and one more round of every
 * repetition, at most `limit` of them. Assertions are not looked at: nearly all keys match, but not each for sure.
 */
export const coveringKeys = (node: RegexNode, limit = 100): string[] => {
  const keys = new Set(cover(node, limit))
  return [...keys].filter(key => !key.includes('\0')).slice(0, limit)
}

const cover = (node: RegexNode, limit: number): string[] => {
  switch (node.kind) {
    case 'class':
      return classTexts(node.set)
    case 'assert':
      return ['']
    case 'group':
      return cover(node.item, limit)
    case 'alt':
      return node.items.flatMap(item => cover(item, limit)).slice(0, limit)
    case 'cat':
      return coverCat(node.items, limit)
    case 'repeat':
      return coverRepeat(node, limit)
  }
}

const classTexts = (set: Uint32Array): string[] => {
  const preferred = PREFERRED.find(byte => hasByte(set, byte))
  let last = 255
  while (last > 0 && !hasByte(set, last)) last--
  if (last === 0) return []
  return [...new Set([preferred ?? last, last])].map(byte => String.fromCharCode(byte))
}

/** Each text of each item once, the others beside it at their first: the sum of the choices, not their product. */
const coverCat = (items: readonly RegexNode[], limit: number): string[] => {
  const lists = items.map(item => cover(item, limit))
  if (lists.some(list => list.length === 0)) return []
  const length = lists.reduce((sum, list) => sum + list[0]!.length, 0)
  const rounds = Math.min(
    lists.reduce((most, list) => Math.max(most, list.length), 1),
    Math.max(1, Math.floor(TEXTS_TOGETHER / Math.max(1, length))),
  )
  return Array.from({length: rounds}, (_, round) => lists.map(list => list[Math.min(round, list.length - 1)]!).join(''))
}

const LONGEST_REPEAT = 300
/** A text is repeated no further than this: repetitions in repetitions would fill the memory. */
const LONGEST_TEXT = 20_000
/** Bytes of all texts of one sequence. */
const TEXTS_TOGETHER = 4_000_000

const repeated = (text: string, times: number): string =>
  text.repeat(Math.min(times, Math.max(1, Math.floor(LONGEST_TEXT / Math.max(1, text.length)))))

const coverRepeat = ({item, min, max}: RegexNode & {kind: 'repeat'}, limit: number): string[] => {
  const texts = cover(item, limit)
  if (texts.length === 0) return min === 0 ? [''] : []
  const few = Math.min(min, LONGEST_REPEAT)
  const first = repeated(texts[0]!, few)
  const more = max > min ? texts.map(text => repeated(text, Math.min(max, few + 1))) : texts.map(text => repeated(text, few))
  const many = max > min + 1 ? [repeated(texts[0]!, Math.min(max, few + 3))] : []
  return [...new Set([first, ...more, ...many])].slice(0, limit)
}

/** Returns keys near `key` that its pattern should not match, or should match all the same: case, extension. */
export const nearMisses = (key: string): string[] => {
  const at = key.indexOf('@')
  const middle = Math.floor(key.length / 2)
  const upper = key.replace(/[a-z]/g, char => String.fromCharCode(upperByte(char.charCodeAt(0))))
  return [
    ...new Set([
      `x${key}`,
      `${key}x`,
      key.slice(1),
      key.slice(0, -1),
      key.slice(0, middle) + key.slice(middle + 1),
      `${key.slice(0, middle)}x${key.slice(middle)}`,
      key.replace('.', 'x'),
      upper,
      ...(at < 0 ? [] : [`${key.slice(0, at)}+ext${key.slice(at)}`, key.slice(0, at), key.slice(at)]),
    ]),
  ].filter(other => other !== key)
}
