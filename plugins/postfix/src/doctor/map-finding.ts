// What `mailops doctor` says of one pattern map.
import {bytesText, countText, plural, terminalSafe, type DoctorFinding} from 'mailops/core'

import {copiesOf, type Holder} from '../configuration/holders.js'
import {residentBytes} from '../estimate/document.js'
import type {TableEstimate} from '../memory/table-estimate.js'
import type {Table} from '../table/entry.js'

/** More than this on the whole machine is worth a look. */
const MUCH_BYTES = 64 * 1024 * 1024

/** The findings about a map: what it costs, and what Postfix skips of it. */
export const mapFindings = (
  name: string,
  {table, estimate, holders}: {table: Table; estimate: TableEstimate; holders: readonly Holder[]},
): DoctorFinding[] => {
  const rules = table.entries.filter(({kind}) => kind === 'rule').length
  const machine = residentBytes(table, estimate) * copiesOf(holders)
  const much = machine > MUCH_BYTES
  const cost: DoctorFinding = {
    code: much ? 'POSTFIX_MAP_LARGE' : 'POSTFIX_MAP',
    severity: much ? 'note' : 'ok',
    text:
      `${terminalSafe(name)}: ${plural(rules, 'rule')}, ${bytesText(estimate.cold)} to ${bytesText(estimate.warm)} in each process of ` +
      `${holders.map(holderText).join(', ')}${much ? `; ${holders.some(({running}) => running === undefined) ? 'up to ' : ''}${bytesText(machine)} in all` : ''}`,
    ...(much && {hint: `mailops postfix optimize-regexp ${terminalSafe(name)}`}),
  }
  const skipped = table.findings.filter(({effect}) => effect !== 'none')
  if (skipped.length === 0) return [cost]
  const text = `${terminalSafe(name)}, line ${skipped[0]!.line}: ${terminalSafe(skipped[0]!.message)} (${plural(skipped.length, 'line')} like it)`
  return [cost, {code: 'POSTFIX_MAP_BROKEN', severity: 'problem', text, hint: `mailops postfix lint-regexp ${terminalSafe(name)}`}]
}

const holderText = ({program, parameters, running, limit}: Holder): string => {
  const count = running === undefined ? '' : `${countText(running)} now, `
  return `${program} (${count}${limit === Infinity ? 'no limit' : `at most ${countText(limit)}`}; ${parameters.join(', ')})`
}
