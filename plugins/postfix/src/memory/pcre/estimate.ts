// The heap of one pcre: pattern: code, match data, and the frames that matching takes (PCRE2 10.41 and newer, no JIT).
import type {RegexNode} from '../../regex/node.js'
import {chunkBytes} from '../heap.js'
import {pcreCodeBytes} from './code.js'

/** pcre2_real_code before the code, pcre2_real_match_data before the offsets, heapframe before its offsets. */
const CODE_HEADER = 136
const MATCH_DATA = 96
const FRAME = 128
/** A pair of offsets. */
const PAIR = 16
/** START_FRAMES_SIZE: taken by the first pcre2_match(3) of a pattern and kept. */
const START_FRAMES = 20_480
const FRAMES_AT_LEAST = 10
/** How much of the frames is ever written to: the rest of the pages is never resident. */
const RESIDENT_FRAMES = 4_500

/** Biggest code that PCRE2 compiles: "regular expression is too large" beyond it. */
export const PCRE_CODE_MAX = 65_535

/** Bytes of code that a tree compiles to, header left out: what PCRE_CODE_MAX bounds. */
export {pcreCodeBytes} from './code.js'

/** Heap bytes of a pattern before anything matched, and with its frames. */
export const pcreEstimate = (
  tree: RegexNode,
  {groups, guarded}: {groups: number; guarded: boolean},
): {cold: number; warm: number} => {
  const code = chunkBytes(CODE_HEADER + pcreCodeBytes(tree)) + chunkBytes(MATCH_DATA + PAIR * (groups + 1))
  const warm = code + pcreFrameBytes(groups)
  return {cold: guarded ? code : warm, warm}
}

/** Heap of the frames of a pattern with so many groups. */
export const pcreFrameBytes = (groups: number): number =>
  chunkBytes(Math.max(START_FRAMES, FRAMES_AT_LEAST * (FRAME + PAIR * groups)))

/** Of the frames, what is not resident: real memory is less than the heap by so much for each pattern that ran. */
export const PCRE_UNTOUCHED_BYTES = pcreFrameBytes(0) - RESIDENT_FRAMES

