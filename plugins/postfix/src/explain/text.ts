// An explanation as lines for people.
import {plural, terminalSafe} from 'mailops/core'

import type {Explanation} from './explain.js'

export interface Explained {
  readonly address: string
  readonly original: Explanation
  /** Null where there is no optimised table to compare with. */
  readonly optimized: Explanation | null
  readonly same: boolean | null
}

/** Returns the lines about one address. */
export const explainedLines = ({address, original, optimized, same}: Explained): string[] => [
  terminalSafe(address),
  ...verdictLines('original', original),
  ...(optimized === null ? [] : verdictLines('optimised', optimized)),
  ...(same === false ? ['  DIFFERENT: please report this with the map'] : []),
]

const verdictLines = (name: string, explanation: Explanation): string[] => {
  const {verdict, by, line, result, pattern, hiddenBy} = explanation
  const who = by === 'postmap' ? ' (asked postmap)' : ''
  const head = `  ${name.padEnd(10)}`
  if (verdict === 'none') {
    const hidden = hiddenBy === undefined ? '' : `; it fails the if of line ${hiddenBy}, which has no endif: nothing below is looked at`
    return [`${head}no rule answers${who}${hidden}`]
  }
  const why = [...guardLines(explanation), ...captureLines(explanation), ...standsForLines(explanation)]
  if (verdict === 'unknown')
    return [`${head}line ${line}: only the engine can tell whether it answers, and there was no postmap to ask, or no answer in time`, `    ${terminalSafe(pattern!)}`]
  return [`${head}line ${line}: ${terminalSafe(result!)}${who}`, `    ${shorten(terminalSafe(pattern!))}`, ...why]
}

const guardLines = ({guards = []}: Explanation): string[] =>
  guards.map(({line, pattern, negated}) => `    in the if of line ${line}: ${negated ? 'not ' : ''}${shorten(terminalSafe(pattern))}`)

const captureLines = ({captures = []}: Explanation): string[] =>
  captures.map((capture, at) => `    $${at + 1} = ${capture === null ? 'nothing: the group took no part' : `"${terminalSafe(capture)}"`}`)

const SHOWN = 8

const standsForLines = ({standsFor = []}: Explanation): string[] => {
  if (standsFor.length < 2) return []
  const more = standsFor.length > SHOWN ? ` ... ${standsFor.at(-1)}` : ''
  return [`    stands for ${plural(standsFor.length, 'line')} of the original: ${standsFor.slice(0, SHOWN).join(', ')}${more}`]
}

const LONGEST = 200

const shorten = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`)
