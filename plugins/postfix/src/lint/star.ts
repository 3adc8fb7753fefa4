// Does a table answer the key `*`, which trivial-rewrite(8) asks a transport map for?
import {TableLookup} from '../lookup/lookup.js'
import type {Table} from '../table/entry.js'
import {lintFinding, type LintFinding} from './finding.js'

/** The rule that answers `*`. `isTransport` is undefined where the use of the table is not known. */
export const starFindings = (table: Table, isTransport: boolean | undefined): LintFinding[] => {
  if (isTransport === false) return []
  const answer = new TableLookup(table).lookup('*')
  if (answer.kind !== 'answer') return []
  const entry = table.entries[answer.entry]!
  const where = isTransport === true ? '' : ', if this is a transport map'
  return [
    lintFinding('answers-star', entry, {
      message: `answers the key *: trivial-rewrite takes that for the default of all destinations${where}`,
      hint: 'ask for an @, as in /@/, if only addresses are meant',
    }),
  ]
}
