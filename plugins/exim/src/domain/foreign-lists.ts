// The lists of mail systems other than Exim: Postfix's parameters (postconf(5)).

/** Value of a parameter of main.cf: the last definition counts, lines that begin with a blank go on with the one before. */
export const postfixValue = (text: string, name: string): {value: string; line: number} | null => {
  const definitions: {value: string; line: number}[] = []
  let isOpen = false
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    if (/^\s/.test(line)) {
      const last = definitions.at(-1)
      if (isOpen && last !== undefined) last.value += ` ${line.trim()}`
      continue
    }
    const match = /^([A-Za-z0-9_]+)\s*=\s*(.*)$/.exec(line)
    isOpen = match?.[1] === name
    if (isOpen) definitions.push({value: match?.[2]?.trim() ?? '', line: index + 1})
  }
  return definitions.at(-1) ?? null
}

/** Items of a list parameter, with `$name` of other parameters put in. */
export const postfixList = (text: string, name: string): {items: string[]; line: number} => {
  const found = postfixValue(text, name)
  if (found === null) return {items: [], line: 0}
  const expand = (value: string, depth: number): string =>
    depth > 5
      ? value
      : value.replace(/\$[({]?([A-Za-z0-9_]+)[)}]?/g, (all, inner: string) => {
          const other = postfixValue(text, inner)
          return other === null ? all : expand(other.value, depth + 1)
        })
  return {
    items: expand(found.value, 0)
      .split(/[\s,]+/)
      .filter(item => item !== ''),
    line: found.line,
  }
}
