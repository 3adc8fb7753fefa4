// Breaks prose into lines of a width.

/**
 * Breaks a text at its blanks; a word that is longer than a line (a path, say) is left whole, for people to copy.
 * @param width most characters of a line
 * @returns the lines; one empty line for an empty text
 */
export const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ').filter(one => one !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.length === 0 ? [''] : lines
}
