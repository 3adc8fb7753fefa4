// Tables of text that fit a width.

/** A column of a table. */
export interface Column {
  readonly heading: string
  /** Numbers stand right. */
  readonly align?: 'left' | 'right'
  /** May be cut, with `…`, when the table is wider than its width; the widest gives first. */
  readonly shrink?: boolean
}

const width = (text: string): number => [...text].length

const fit = (text: string, size: number): string => {
  const characters = [...text]
  return characters.length <= size ? text : `${characters.slice(0, Math.max(0, size - 1)).join('')}…`
}

/** The widths that make columns fit: the widest that may shrink gives, a character at a time, down to 8. */
const widthsThatFit = (columns: readonly Column[], natural: readonly number[], total: number): number[] => {
  const widths = [...natural]
  const gaps = 2 * (columns.length - 1)
  for (let over = widths.reduce((sum, size) => sum + size, gaps) - total; over > 0; over--) {
    let widest = -1
    for (const [index, column] of columns.entries())
      if (column.shrink === true && (widths[index] ?? 0) > 8 && (widest < 0 || widths[index]! > widths[widest]!))
        widest = index
    if (widest < 0) break
    widths[widest]!--
  }
  return widths
}

/**
 * A table as lines, headings first, two blanks between columns, no blank at a line's end.
 * @param rows cells that are already safe for a terminal
 * @param total characters a line may have; 80 unless the terminal says otherwise
 */
export const tableLines = (columns: readonly Column[], rows: readonly (readonly string[])[], total = 80): string[] => {
  const natural = columns.map((column, index) =>
    rows.reduce((most, row) => Math.max(most, width(row[index] ?? '')), width(column.heading)),
  )
  const widths = widthsThatFit(columns, natural, total)
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const size = widths[index] ?? 0
        const cell = fit(cells[index] ?? '', size)
        const padding = ' '.repeat(Math.max(0, size - width(cell)))
        return column.align === 'right' ? padding + cell : cell + padding
      })
      .join('  ')
      .trimEnd()
  return [line(columns.map(column => column.heading)), ...rows.map(line)]
}

/** A bar of `#`, as long in `size` as `value` is in `most`; never empty for a value above 0. */
export const bar = (value: number, most: number, size = 30): string =>
  most <= 0 || value <= 0 ? '' : '#'.repeat(Math.max(1, Math.round((value / most) * size)))
