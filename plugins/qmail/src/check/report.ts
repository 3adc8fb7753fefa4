// What a check found, as lines for people.
import {countText, plural, terminalSafe} from 'mailops/core'

import {CODES} from './codes.js'
import type {Finding} from './finding.js'
import {codesOf, severityText, type Tally} from './tally.js'

const exampleLines = ({path, text, repair, whyNot, code}: Finding): string[] => {
  // The text of the code stands above; what differs from it is worth its own words.
  const own = text === CODES[code].what ? '' : `: ${terminalSafe(text)}`
  const facts = CODES[code].repair
  const about = repair === null ? `; not repaired: ${terminalSafe(whyNot ?? '')}` : repair === facts ? '' : `; repair: ${terminalSafe(repair)}`
  return [`    ${terminalSafe(path)}${own}${about}`]
}

/** Findings grouped by code, the gravest first: a heading, what repair would do, and paths. */
export const reportLines = (tally: Tally): string[] =>
  codesOf(tally).flatMap(code => {
    const {severity, what, repair} = CODES[code]
    const count = tally.counts[code]!
    const examples = tally.examples.get(code)!
    const more = count - examples.length
    return [
      `${severityText(severity)}  ${code}  ${countText(count)}`,
      `  ${what}`,
      ...(repair === '' || examples.every(one => one.repair === null) ? [] : [`  repair: ${repair}`]),
      ...examples.flatMap(exampleLines),
      ...(more > 0 ? [`    and ${countText(more)} more (--verbose shows all)`] : []),
    ]
  })

/** One line that sums it up. */
export const summaryLine = (queue: string, tally: Tally): string => {
  if (tally.total === 0) return `${queue}: nothing is wrong`
  const mendable =
    tally.mendable === 0 ? 'repair can do nothing about them' : `repair would mend ${tally.mendable === tally.total ? 'all' : countText(tally.mendable)} of them`
  return `${queue}: ${plural(tally.total, 'finding')}, ${mendable}`
}
