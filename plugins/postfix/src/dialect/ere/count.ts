// Reads the inside of {m,n} as glibc does (regcomp.c parse_dup_op, fetch_number).
import {PatternError} from '../../regex/parsed-pattern.js'
import {ERE_ERROR} from './error.js'
import type {EreToken} from './token.js'

/** RE_DUP_MAX of glibc: a greater count is an error. */
export const ERE_REPEAT_MAX = 0x7fff

const NONE = -1
const WRONG = -2

/** Reads after `{`, past `}`; `{,n}` counts from 0 and `{m,}` has no upper bound. PatternError as regerror(3). */
export const readCount = (next: () => EreToken): {min: number; max: number} => {
  const first = readNumber(next)
  const start = first.number === NONE && isComma(first.token) ? 0 : first.number
  if (start === NONE) throw new PatternError(ERE_ERROR.count)
  let end = {number: start, token: first.token}
  if (start !== WRONG && first.token.kind !== 'close-count')
    end = isComma(first.token) ? readNumber(next) : {number: WRONG, token: first.token}
  if (start === WRONG || end.number === WRONG)
    throw new PatternError(end.token.kind === 'end' ? ERE_ERROR.brace : ERE_ERROR.count)
  if (end.token.kind !== 'close-count' || (end.number !== NONE && start > end.number))
    throw new PatternError(ERE_ERROR.count)
  if ((end.number === NONE ? start : end.number) > ERE_REPEAT_MAX) throw new PatternError(ERE_ERROR.size)
  return {min: start, max: end.number === NONE ? Infinity : end.number}
}

const isComma = (token: EreToken): boolean => token.kind === 'char' && token.byte === 0x2c

const readNumber = (next: () => EreToken): {number: number; token: EreToken} => {
  let number = NONE
  for (;;) {
    const token = next()
    if (token.kind === 'end') return {number: WRONG, token}
    if (token.kind === 'close-count' || isComma(token)) return {number, token}
    const digit = token.kind === 'char' ? token.byte - 0x30 : -1
    if (digit < 0 || digit > 9 || number === WRONG) number = WRONG
    else number = number === NONE ? digit : Math.min(ERE_REPEAT_MAX + 1, number * 10 + digit)
  }
}
