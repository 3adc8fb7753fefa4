// The named domain lists of an Exim configuration file, as far as they can be read without running it (spec, chapter 10).

/** One item of a domain list. */
export type ListItem =
  | {readonly kind: 'file'; readonly path: string}
  /** A directory whose file names are the domains (dsearch). */
  | {readonly kind: 'directory'; readonly path: string}
  | {readonly kind: 'domain'; readonly text: string; readonly line: number}
  | {readonly kind: 'self'; readonly line: number}
  /** Anything else: wildcards, lookups, expansions. */
  | {readonly kind: 'pattern'; readonly text: string}

interface Logical {
  readonly line: number
  readonly text: string
}

/** Lines with continuations joined and macros put in; a macro is defined before it is used. */
const logicalLines = (text: string): Logical[] => {
  const found: Logical[] = []
  let open: {line: number; text: string} | null = null
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    // A comment within a continued line is skipped (spec, section 6.2).
    if (line.startsWith('#') || (line === '' && open === null)) continue
    const joined: {line: number; text: string} =
      open === null ? {line: index + 1, text: line} : {line: open.line, text: open.text + line}
    if (joined.text.endsWith('\\')) open = {...joined, text: joined.text.slice(0, -1)}
    else {
      found.push(joined)
      open = null
    }
  }
  return found
}

const expandMacros = (lines: readonly Logical[]): Logical[] => {
  const macros = new Map<string, string>()
  return lines.flatMap(({line, text}): Logical[] => {
    const macro = /^([A-Z][A-Za-z0-9_]*)\s*==?\s*(.*)$/.exec(text)
    const expanded = (value: string): string =>
      [...macros].toReversed().reduce((all, [name, inner]) => all.replaceAll(name, () => inner), value)
    if (macro === null) return [{line, text: expanded(text)}]
    macros.set(macro[1]!, expanded(macro[2]!))
    return []
  })
}

/** Items of a list; `<;` at its front changes the separator, a doubled separator stands for itself. */
const split = (value: string): string[] => {
  const changed = /^<([^A-Za-z0-9\s])\s*/.exec(value)
  const separator = changed?.[1] ?? ':'
  const body = changed === null ? value : value.slice(changed[0].length)
  return body
    .replaceAll(separator + separator, '\u0000')
    .split(separator)
    .map(item => item.replaceAll('\u0000', separator).trim())
    .filter(item => item !== '')
}

const itemOf = (text: string, line: number): ListItem => {
  const file =
    /^(?:(?:lsearch|wildlsearch|nwildlsearch|partial-lsearch|partial\d*(?:\([^)]*\))?-lsearch)\s*;\s*)?(\/[^\s;$]+)$/.exec(
      text,
    )
  if (file !== null) return {kind: 'file', path: file[1]!}
  const directory = /^dsearch(?:,[^;\s]*)?\s*;\s*(\/[^\s;$]+)$/.exec(text)
  if (directory !== null) return {kind: 'directory', path: directory[1]!}
  if (text === '@' || text === '$primary_hostname') return {kind: 'self', line}
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(text) ? {kind: 'domain', text, line} : {kind: 'pattern', text}
}

/**
 * The items of `domainlist NAME`, with other named lists put in; empty when there is no such list.
 * @param text the configuration file
 */
export const domainListItems = (text: string, name: string, seen: readonly string[] = []): ListItem[] => {
  if (seen.includes(name) || !/^\w+$/.test(name)) return []
  const definition = new RegExp(`^domainlist(?:_cache)?\\s+${name}(?:_cache)?\\s*=\\s*(.*)$`)
  for (const {line, text: logical} of expandMacros(logicalLines(text))) {
    const match = definition.exec(logical)
    if (match === null) continue
    return split(match[1]!).flatMap(item =>
      item.startsWith('+') ? domainListItems(text, item.slice(1), [...seen, name]) : [itemOf(item, line)],
    )
  }
  return []
}
