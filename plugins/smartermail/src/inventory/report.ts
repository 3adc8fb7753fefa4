// An inventory as people read it.
import {bytesText, plural, tableLines, terminalSafe, type Column} from 'mailops/core'

import type {ConfigFile, Domain, Inventory, Value} from './inventory.js'

const FILES: readonly Column[] = [{heading: 'FILE', shrink: true}, {heading: 'SIZE', align: 'right'}, {heading: 'ENCODING'}, {heading: 'SHA-256'}, {heading: 'STATE', shrink: true}]
const DOMAINS: readonly Column[] = [{heading: 'DOMAIN', shrink: true}, {heading: 'SURE'}, {heading: 'FILES', align: 'right'}, {heading: 'SIZE', align: 'right'}, {heading: 'PATH', shrink: true}]

const fileRow = ({name, bytes, encoding, bom, format, sha256, problem}: ConfigFile): string[] => [
  terminalSafe(name), bytesText(bytes), encoding === null ? '-' : `${encoding}${bom ? ' BOM' : ''}`, sha256 === '' ? '-' : sha256.slice(0, 12),
  problem === null ? (format === 'opaque' ? 'copied as it is' : 'ok') : problem.code,
]

const domainRow = ({name, path, confidence, files, bytes, local}: Domain): string[] => [
  terminalSafe(name), confidence, files === null ? '-' : String(files), bytes === null ? (local === null ? 'not here' : '-') : bytesText(bytes), terminalSafe(path),
]

const TITLES: Readonly<Record<Value['kind'], string>> = {path: 'Paths', address: 'IP addresses', dns: 'DNS servers', port: 'Ports', url: 'URLs', secret: 'Secrets (values are never shown)'}

const valueLine = ({file, location, line, value}: Value): string => `  ${terminalSafe(`${file}:${location}`)} (line ${line})${value === null ? '' : `  ${terminalSafe(value)}`}`

/** The value lists that a table of a terminal can hold; all of them under --verbose. */
const SHOWN = 20

const valueLines = (values: readonly Value[], all: boolean): string[] =>
  (Object.keys(TITLES) as Value['kind'][]).flatMap(kind => {
    const some = values.filter(value => value.kind === kind)
    if (some.length === 0) return []
    const shown = all ? some : some.slice(0, SHOWN)
    const more = some.length > shown.length ? [`  and ${plural(some.length - shown.length, 'more', 'more')} (--verbose shows all)`] : []
    return ['', `${TITLES[kind]}: ${some.length}`, ...shown.map(valueLine), ...more]
  })

const eraText = ({era, eraFrom}: Inventory): string =>
  `${era === 'xml' ? 'XML era (up to 16.x)' : 'JSON era (17 and later)'}${eraFrom === 'files' ? ', told by its files' : ''}`

/**
 * The lines of an inventory.
 * @param all show every value, however many there are
 */
export const inventoryLines = (inventory: Inventory, {all, width = 80}: {all: boolean; width?: number}): string[] => {
  const {domains, files, directories, values, pathless, version} = inventory
  const bytes = domains.reduce((sum, domain) => sum + (domain.bytes ?? 0), 0)
  const shownDomains = all ? domains : domains.slice(0, SHOWN)
  return [
    `${terminalSafe(inventory.serviceDirectory)}: ${eraText(inventory)}`,
    `${version === null ? 'version not known (no program in the folder tells it)' : `version ${version}`}; paths of a ${inventory.host === 'windows' ? 'Windows' : 'Linux'} host`,
    `${plural(domains.length, 'domain')} (${bytesText(bytes)} of data here), ${plural(files.length, 'configuration file')}`,
    '', ...tableLines(FILES, files.map(fileRow), width),
    ...(domains.length === 0 ? [] : ['', ...tableLines(DOMAINS, shownDomains.map(domainRow), width)]),
    ...(shownDomains.length < domains.length ? [`and ${domains.length - shownDomains.length} more (--verbose shows all)`] : []),
    ...pathless.slice(0, SHOWN).map(({name, file, location}) => `${terminalSafe(name)}: no path in ${terminalSafe(`${file}:${location}`)}`),
    ...directories.map(({kind, path, local}) => `${kind}: ${terminalSafe(path)}${local === null ? '' : ` (here: ${terminalSafe(local)})`}`),
    ...valueLines(values, all),
  ]
}
