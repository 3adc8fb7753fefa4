// A table whose rules answer their own number and what they captured: the real engine then says which rule it was.
import type {Entry, Table} from '../table/entry.js'
import type {PatternUse} from '../table/pattern-use.js'

const SEPARATOR = '\x1f'

/** Writes the table with each result replaced by the place of its entry, and by its groups where it uses any. */
export const taggedTable = (table: Table): string => table.entries.map(taggedEntry).join('')

/** Reads what a rule of the tagged table answered. */
export const readTag = (answer: string): {entry: number; captures: string[]} => {
  const [entry, ...captures] = answer.split(SEPARATOR)
  return {entry: Number(entry), captures}
}

const taggedEntry = (entry: Entry, at: number): string => {
  switch (entry.kind) {
    case 'rule': {
      const second = entry.second === undefined ? '' : `!${written({...entry.second, negated: !entry.second.negated})}`
      return `${written(entry.pattern)}${second} ${at}${groupsOf(entry.pattern, entry.result.kind === 'template')}\n`
    }
    case 'if':
      return `if ${written(entry.pattern)}\n`
    case 'endif':
      return 'endif\n'
    default:
      return ''
  }
}

const groupsOf = ({parsed}: PatternUse, used: boolean): string => {
  if (!used || parsed.kind === 'invalid') return ''
  return Array.from({length: parsed.groups}, (_, group) => `${SEPARATOR}\${${group + 1}}`).join('')
}

/** The pattern as the table had it. A letter is a delimiter only after a `!`. */
const written = ({text, delimiter, flags, negated}: PatternUse): string => {
  const marks = negated ? '!' : /[A-Za-z0-9#]/.test(delimiter) ? '!!' : ''
  return `${marks}${delimiter}${text}${delimiter}${flags}`
}
