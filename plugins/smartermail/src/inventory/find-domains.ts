// The domains of a document, by value: a path and a name like a domain's that stand together.
import type {Document} from '../document/document.js'
import type {Group, Leaf, Visitor} from '../document/leaf.js'
import {wholePath} from '../value/path-in-value.js'
import {isBelow, lastSegment, samePath} from '../value/windows-path.js'
import type {Domain} from './inventory.js'

const DOMAIN = /^(?=.{1,253}$)(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_&-]{0,61}[\p{L}\p{N}\p{M}])?\.)+[\p{L}][\p{L}\p{N}\p{M}-]{0,61}$/u
const NOT_DATA = /log|spool|stat|archive|backup|cert|temp|script|command|exe/i
const PLACE = /path|dir|root|folder|location/i

/** True for a text in the form of a domain name; ASCII, or as people write it in their own script. */
export const isDomainName = (text: string): boolean => DOMAIN.test(text) && !/\.(?:xml|json|exe|dll|dat|txt|log|cfg|config|html?)$/i.test(text)

interface Named {
  readonly label: string
  readonly value: string
  readonly location: () => string
}

interface Level {
  readonly names: Named[]
  readonly paths: Named[]
}

/** A domain as a document tells it; whether its directory is here is for others to say. */
export type DomainInDocument = Pick<Domain, 'name' | 'path' | 'confidence' | 'file' | 'location'>

const bestPath = (paths: readonly Named[], name: string | null): Named | undefined => {
  const data = paths.filter(({label}) => !NOT_DATA.test(label))
  const pool = data.length > 0 ? data : paths
  return pool.find(({value}) => name !== null && sameName(lastSegment(value), name)) ?? pool.find(({label}) => PLACE.test(label)) ?? pool[0]
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const bestName = (names: readonly Named[], paths: readonly Named[]): Named | undefined =>
  names.find(({value}) => paths.some(path => sameName(lastSegment(path.value), value))) ??
  names.find(({label}) => /^(?:domain_?)?name$|^domain$/i.test(label)) ??
  names[0]

class Finder implements Visitor {
  readonly #file: string
  readonly #found: DomainInDocument[]
  readonly #levels: Level[] = []
  readonly #isAboutDomains: boolean

  constructor({file}: Document, found: DomainInDocument[]) {
    this.#file = file
    this.#found = found
    this.#isAboutDomains = /domain/i.test(file)
  }

  readonly open = (): void => void this.#levels.push({names: [], paths: []})

  readonly leaf = (leaf: Leaf): void => {
    const {value} = leaf
    if (value.length > 4096) return
    const isPath = wholePath(value) !== null
    if (!isPath && !(value.includes('.') && isDomainName(value))) return
    // Text belongs to its element, and to the one around it: <Name>x</Name> beside <Path>...</Path>.
    const isText = leaf.attribute === null && leaf.form() !== 'string' && leaf.form() !== 'scalar'
    const location = leaf.location()
    const one = {label: `${leaf.name} ${/^value$/i.test(leaf.name) ? leaf.context : ''}`.trim(), value, location: () => location}
    for (const level of isText ? this.#levels.slice(-2) : this.#levels.slice(-1)) (isPath ? level.paths : level.names).push(one)
  }

  readonly close = (group: Group): void => {
    const level = this.#levels.pop()
    const above = this.#levels.at(-1)
    if (level === undefined || level.paths.length === 0) return
    const entry = this.#entryOf(group, level)
    if (entry === null) return
    this.#found.push(entry)
    // What made an entry is not used a second time by what is around it.
    for (const {location} of [...level.names, ...level.paths]) {
      const at = location()
      for (const list of above === undefined ? [] : [above.names, above.paths]) {
        const n = list.findIndex(one => one.location() === at)
        if (n !== -1) list.splice(n, 1)
      }
    }
  }

  #entryOf({name: key, parent}: Group, {names, paths}: Level): DomainInDocument | null {
    const isDomainGroup = this.#isAboutDomains || /domain/i.test(key) || /domain/i.test(parent)
    const keyed: Named[] = isDomainName(key) ? [{label: 'name', value: key, location: () => ''}] : []
    const all = [...keyed, ...names]
    const name = keyed[0] ?? bestName(names, paths)
    const path = bestPath(paths, name?.value ?? null)
    if (path === undefined) return null
    const entry = (domain: string, confidence: Domain['confidence']): DomainInDocument => ({
      name: domain, path: path.value, confidence, file: this.#file, location: path.location(),
    })
    if (name !== undefined && sameName(lastSegment(path.value), name.value)) return entry(name.value, 'certain')
    if (!isDomainGroup) return null
    if (name !== undefined) return entry(name.value, all.length === 1 && paths.length === 1 ? 'certain' : 'likely')
    const segment = lastSegment(path.value)
    return isDomainName(segment) ? entry(segment, 'guess') : null
  }
}

/** Collects the domains of a document into `found` while it is walked. */
export const domainFinder = (document: Document, found: DomainInDocument[]): Visitor => new Finder(document, found)

/** Leaves out entries that others tell better, and directories that only look like a domain's because they hold all of them. */
export const settleDomains = (found: readonly DomainInDocument[]): DomainInDocument[] => {
  const sure = found.filter(({confidence}) => confidence === 'certain')
  return found.filter(one => {
    if (one.confidence === 'certain') return true
    if (sure.some(({path, location, file}) => samePath(path, one.path) && (location !== one.location || file !== one.file))) return false
    return one.confidence !== 'guess' || !sure.some(({path}) => isBelow(path, one.path) && !samePath(path, one.path))
  })
}
