// Findings counted by code, and the first of each kept to be shown.
import {CODES, CODES_BY_GRAVITY, type FindingCode, type FindingSeverity} from './codes.js'
import {needsStop, type Finding, type Verdict} from './finding.js'

/** What was found, counted; `examples` holds as many of each code as were wanted. */
export interface Tally {
  readonly counts: Partial<Record<FindingCode, number>>
  readonly examples: Map<FindingCode, Finding[]>
  /** How many findings repair would mend, and how many of those only with qmail-send stopped. */
  readonly mendable: number
  readonly mendableStopped: number
  readonly total: number
}

type Mutable<T> = {-readonly [K in keyof T]: T[K]}

/** Takes verdicts one after the other; `kept` of each code are held, Infinity for all. */
export class Tallying {
  readonly tally: Mutable<Tally> = {counts: {}, examples: new Map(), mendable: 0, mendableStopped: 0, total: 0}
  readonly #kept: number

  constructor(kept: number) {
    this.#kept = kept
  }

  add(verdict: Verdict): void {
    const {tally} = this
    const stop = needsStop(verdict)
    for (const one of verdict.findings) {
      tally.counts[one.code] = (tally.counts[one.code] ?? 0) + 1
      tally.total++
      if (one.repair !== null) tally.mendable++
      if (one.repair !== null && stop) tally.mendableStopped++
      const held = tally.examples.get(one.code)
      if (held === undefined) tally.examples.set(one.code, [one])
      else if (held.length < this.#kept) held.push(one)
    }
  }
}

/** The codes that were found, the gravest first. */
export const codesOf = ({counts}: Tally): FindingCode[] => CODES_BY_GRAVITY.filter(code => counts[code] !== undefined)

const MARK: Readonly<Record<FindingSeverity, string>> = {danger: 'DANGER', error: 'error', notice: 'notice'}

/** The word for a severity in a table. */
export const severityText = (severity: FindingSeverity): string => MARK[severity]

/** Every code as a line of help: its name, its severity, what it means and what repair does. */
export const codeLines = (): string[] =>
  CODES_BY_GRAVITY.map(code => {
    const {severity, what, repair} = CODES[code]
    return `${code} (${severity}): ${what}. Repair: ${repair === '' ? 'none' : repair}.`
  })
