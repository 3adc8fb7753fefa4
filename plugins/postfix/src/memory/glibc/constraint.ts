// What an anchor asks of the bytes around it, as glibc keeps it in its nodes (regex_internal.h, regcomp.c).
import type {Assertion} from '../../regex/node.js'

/** PREV_* and NEXT_* of regex_internal.h. */
export const CONSTRAINT = {
  previousWord: 1,
  previousNotWord: 2,
  previousNewline: 4,
  previousBeginning: 8,
  nextWord: 16,
  nextNotWord: 32,
  nextNewline: 64,
  nextEnd: 128,
} as const

/** What stands before a state: CONTEXT_WORD, CONTEXT_NEWLINE, CONTEXT_BEGBUF of regex_internal.h. */
export const CONTEXT = {none: 0, word: 1, newline: 2, beginning: 4} as const

const {previousWord, previousNotWord, previousNewline, nextWord, nextNotWord, nextNewline} = CONSTRAINT

/** The constraints of an anchor; of two where glibc makes an alternation of two anchors (`\b`, `\B`). */
export const constraintsOf = (at: Assertion): readonly number[] => {
  switch (at) {
    case 'start':
    case 'line-start':
    case 'line-start-inner':
      return [previousNewline]
    case 'word':
      return [previousNotWord | nextWord, previousWord | nextNotWord]
    case 'not-word':
      return [previousWord | nextWord, previousNotWord | nextNotWord]
    case 'word-start':
      return [previousNotWord | nextWord]
    case 'word-end':
      return [previousWord | nextNotWord]
    case 'end':
    case 'end-newline':
    case 'line-end':
    case 'not-before-newline':
      return [nextNewline]
  }
}

/** True when what stands before rules the constraint out (NOT_SATISFY_PREV_CONSTRAINT). */
export const unmetBefore = (constraint: number, context: number): boolean =>
  ((constraint & previousWord) !== 0 && (context & CONTEXT.word) === 0) ||
  ((constraint & previousNotWord) !== 0 && (context & CONTEXT.word) !== 0) ||
  ((constraint & previousNewline) !== 0 && (context & CONTEXT.newline) === 0) ||
  ((constraint & CONSTRAINT.previousBeginning) !== 0 && (context & CONTEXT.beginning) === 0)
