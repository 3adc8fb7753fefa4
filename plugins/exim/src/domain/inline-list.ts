// Edits a named domain list that stands in Exim's configuration itself, and proves that nothing but the one item changed.
import {domainListItems, type ListItem} from './exim-config.js'
import {domainForm} from './name.js'

interface Definition {
  readonly start: number
  readonly end: number
  readonly separator: string
}

/** Where `domainlist NAME = ...` stands with its continuation lines, offsets in the text. */
const findDefinition = (text: string, name: string): Definition | null => {
  const head = new RegExp(`^[ \\t]*domainlist(?:_cache)?[ \\t]+${name}[ \\t]*=[ \\t]*(<[^A-Za-z0-9\\s])?`, 'm').exec(
    text,
  )
  if (head === null) return null
  let end = head.index
  for (;;) {
    const newline = text.indexOf('\n', end)
    const stop = newline < 0 ? text.length : newline
    const line = text.slice(end, stop).trim()
    // A comment within a continued list is part of it.
    if (newline < 0 || !(line.endsWith('\\') || (line.startsWith('#') && end > head.index)))
      return {start: head.index, end: stop, separator: head[1]?.slice(1) ?? ':'}
    end = newline + 1
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

const without = (definition: string, domain: string, separator: string): string => {
  const [item, mark] = [`${escape(domain)}\\.?`, escape(separator)]
  const end = `(?=[ \\t]*(?:${mark}|\\\\|\\r?$))`
  const withMark = new RegExp(`[ \\t]*${mark}[ \\t]*(?:\\\\\\r?\\n[ \\t]*)?${item}${end}`, 'gim')
  const removed = definition.replace(withMark, '')
  // The first item has its separator behind it, an only one has none.
  return removed.replace(new RegExp(`(=[ \\t]*(?:<\\S[ \\t]*)?)${item}[ \\t]*(?:${mark}[ \\t]*)?`, 'i'), '$1')
}

const withItem = (definition: string, domain: string, separator: string): string => {
  const [, body = '', blank = ''] = /^([\s\S]*?)([ \t]*\r?)$/.exec(definition) ?? []
  return `${body}${/[=<][ \t]*$|<\S$/.test(body) ? ' ' : ` ${separator} `}${domain}${blank}`
}

const isThat = (item: ListItem, domain: string): boolean => item.kind === 'domain' && domainForm(item.text) === domain
const word = (item: ListItem): string => `${item.kind} ${'text' in item ? item.text : 'path' in item ? item.path : ''}`

/**
 * The configuration with a domain in a list or out of it; null where that cannot be done by itself (there is no such
 * list, or the domain comes from a macro or another list), so that a person has to.
 */
export const editInlineList = (
  text: string,
  {name, domain, isIn}: {name: string; domain: string; isIn: boolean},
): string | null => {
  const definition = findDefinition(text, name)
  if (definition === null) return null
  const before = domainListItems(text, name)
  const found = before.filter(item => isThat(item, domain))
  if (isIn ? found.length > 0 : found.length === 0) return text
  const old = text.slice(definition.start, definition.end)
  const edited = isIn ? withItem(old, domain, definition.separator) : without(old, domain, definition.separator)
  const result = text.slice(0, definition.start) + edited + text.slice(definition.end)
  const wanted = isIn
    ? [...before.map(word), `domain ${domain}`]
    : before.filter(item => !isThat(item, domain)).map(word)
  return domainListItems(result, name).map(word).join('\n') === wanted.join('\n') ? result : null
}
