// The domains of a document, by value: a path and a name like a domain's that stand together.
import type {Document} from '../document/document.js'
import type {Group, Leaf, Visitor} from '../document/leaf.js'
import {wholePath} from '../value/path-in-value.js'
import {keyOf, lastSegment, parentOf, samePath} from '../value/windows-path.js'
import type {Domain, Inventory} from './inventory.js'

const DOMAIN = /^(?=.{1,253}$)(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}_&-]{0,61}[\p{L}\p{N}\p{M}])?\.)+[\p{L}][\p{L}\p{N}\p{M}-]{0,61}$/u
// A mail domain of an intranet may be one label, or none that DNS knows; what can be a directory's name can be such a one,
// which `.` and `..` are not, nor what Windows would not keep a dot at the end of.
const PLAIN = /^[^\\/:*?"<>|\s@\p{Cc}\p{Cf}]{0,252}[^\\/:*?"<>|\s@.\p{Cc}\p{Cf}]$/u
const NAME_LABEL = /^(?:domain_?)?name$|^domain$/i
/** Whatever path stands in these is a domain's. */
const DOMAIN_LIST = /(?:^|\/)(?:domainList\.xml|domains\.json)$/i
const NOT_DATA = /log|spool|stat|archive|backup|cert|temp|script|command|exe/i
/** Names that found no path are not collected without end. */
const MOST_LOOSE = 64
const PLACE = /path|dir|root|folder|location/i

/** True for a text in the form of a domain name; ASCII, or as people write it in their own script. */
export const isDomainName = (text: string): boolean => DOMAIN.test(text) && !/\.(?:xml|json|exe|dll|dat|txt|log|cfg|config|html?)$/i.test(text)

interface Named {
  readonly label: string
  readonly value: string
  readonly location: () => string
}

interface Level {
  /** In the form of a domain's name. */
  readonly names: Named[]
  /** Called a name, but in no such form: one only where a directory has the same, or where its element is a domain's. */
  readonly plain: Named[]
  readonly paths: Named[]
}

const emptyLevel = (): Level => ({names: [], plain: [], paths: []})
const NOTHING = emptyLevel()

/** What the name of an element or member says. */
interface Key {
  /** `domain` */
  readonly isEntry: boolean
  /** `domains` */
  readonly isList: boolean
  /** It is the name of a domain itself. */
  readonly isName: boolean
}

// A configuration has few names and a million elements that bear them.
const MOST_REMEMBERED = 10_000
const remembered = new Map<string, Key>()

const keyOfName = (name: string): Key => {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const key = {isEntry: /^domain$/i.test(name), isList: /^domains$/i.test(name), isName: isDomainName(name)}
  if (remembered.size < MOST_REMEMBERED) remembered.set(name, key)
  return key
}

/** A domain as a document tells it; whether its directory is here is for others to say. */
export type DomainInDocument = Pick<Domain, 'name' | 'path' | 'confidence' | 'file' | 'location'>

const bestPath = (paths: readonly Named[]): Named | undefined => {
  const data = paths.filter(({label}) => !NOT_DATA.test(label))
  const pool = data.length > 0 ? data : paths
  return pool.find(({label}) => PLACE.test(label)) ?? pool[0]
}

const bestName = (names: readonly Named[]): Named | undefined => names.find(({label}) => NAME_LABEL.test(label)) ?? names[0]

// A path that ends in a name beside it; of several paths of one domain (archive, statistics) the one of its data.
const matchedBy = (names: readonly Named[], paths: readonly Named[]): [string, Named][] => {
  const known = new Map(names.map(({value}) => [value.toLowerCase(), value]))
  const byName = new Map<string, Named[]>()
  for (const path of paths) {
    const name = known.get(lastSegment(path.value).toLowerCase())
    if (name === undefined) continue
    const list = byName.get(name)
    if (list === undefined) byName.set(name, [path])
    else list.push(path)
  }
  return [...byName].flatMap(([name, list]) => {
    const path = bestPath(list)
    return path === undefined ? [] : [[name, path] as [string, Named]]
  })
}

type Pathless = Inventory['pathless'][number]

/** Where what is found goes. */
export interface DomainLists {
  readonly domains: DomainInDocument[]
  readonly pathless: Pathless[]
}

class Finder implements Visitor {
  readonly #file: string
  readonly #found: DomainInDocument[]
  /** Of every open group; made for the few in which something stands. */
  readonly #levels: (Level | null)[] = []
  readonly #missing: Pathless[]
  readonly #isAboutDomains: boolean
  readonly #isDomainList: boolean

  constructor({file}: Document, {domains, pathless}: DomainLists) {
    this.#file = file
    this.#found = domains
    this.#missing = pathless
    this.#isAboutDomains = /domain/i.test(file)
    this.#isDomainList = DOMAIN_LIST.test(file)
  }

  readonly open = (): void => void this.#levels.push(null)

  readonly leaf = (leaf: Leaf): void => {
    const {value} = leaf
    if (value.length > 4096 || this.#levels.length === 0) return
    const isPath = /[\\/:]/.test(value) && wholePath(value) !== null
    const isName = !isPath && value.includes('.') && !value.includes(' ') && isDomainName(value)
    if (!isPath && !isName && !(this.#isAboutDomains && NAME_LABEL.test(leaf.name) && PLAIN.test(value))) return
    const location = leaf.location()
    const one = {label: `${leaf.name} ${/^value$/i.test(leaf.name) ? leaf.context : ''}`.trim(), value, location: () => location}
    const level = this.#open()
    ;(isPath ? level.paths : isName ? level.names : level.plain).push(one)
  }

  /** The innermost open group. */
  #open(): Level {
    return (this.#levels[this.#levels.length - 1] ??= emptyLevel())
  }

  readonly close = (group: Group): void => {
    const level = this.#levels.pop()
    if (level === undefined) return
    if (level === null) return this.#pathless(group, NOTHING)
    const entries = level.paths.length === 0 ? [] : this.#entriesOf(group, level)
    this.#found.push(...entries)
    if (entries.length > 0) return
    if (level.paths.length === 0) this.#pathless(group, level)
    this.#passOn(level)
  }

  // The name may stand deeper or higher than the path: what made no entry is offered to what is around it.
  #passOn({names, plain, paths}: Level): void {
    if (this.#levels.length === 0) {
      for (const path of paths) this.#guess(path)
      return
    }
    if (names.length === 0 && plain.length === 0 && paths.length === 0) return
    const above = this.#open()
    if (above.names.length < MOST_LOOSE) above.names.push(...names)
    if (above.plain.length < MOST_LOOSE) above.plain.push(...plain)
    above.paths.push(...paths)
  }

  #guess({label, value: path, location}: Named): void {
    const name = lastSegment(path)
    const isOne = isDomainName(name) ? this.#isAboutDomains : this.#isDomainList && PLAIN.test(name) && !NOT_DATA.test(label)
    if (isOne) this.#found.push({name, path, confidence: 'guess', file: this.#file, location: location()})
  }

  // <Domain name="x"/>: an entry all the same, which check reports.
  #pathless(group: Group, {names, plain}: Level): void {
    const {name: key, parent} = group
    const {isEntry, isName} = keyOfName(key)
    const isKeyed = this.#isDomainKey(group) || (isName && keyOfName(parent).isList)
    if (!isEntry && !isKeyed) return
    const isOfDomains = isEntry && /domain/i.test(parent + this.#file)
    const name = isOfDomains ? (bestName(names) ?? plain[0]) : isKeyed ? {value: key} : undefined
    if (name !== undefined) this.#missing.push({name: name.value, file: this.#file, location: group.location()})
  }

  // {"domains": {"intranet": {...}}}: whatever its form, the member's name is the domain's.
  #isDomainKey({name, parent}: Group): boolean {
    return this.#isDomainList && /\.json$/i.test(this.#file) && keyOfName(parent).isList && PLAIN.test(name) && !/^\d+$/.test(name)
  }

  #entriesOf(group: Group, {names, plain, paths}: Level): DomainInDocument[] {
    const {name: key, parent} = group
    const {isEntry, isName} = keyOfName(key)
    const keyed: Named[] = isName || this.#isDomainKey(group) ? [{label: 'name', value: key, location: () => ''}] : []
    const entry = (name: string, path: Named, confidence: Domain['confidence']): DomainInDocument => ({
      name, path: path.value, confidence, file: this.#file, location: path.location(),
    })
    const matched = matchedBy([...keyed, ...names, ...plain], paths)
    // One, or a flat list of names and paths without an element around each.
    if (matched.length > 0) return matched.map(([name, path]) => entry(name, path, 'certain'))
    const name = keyed[0] ?? bestName(names) ?? (isEntry ? plain[0] : undefined)
    const path = bestPath(paths)
    const isDomainGroup = this.#isAboutDomains || /domain/i.test(key) || /domain/i.test(parent)
    // Around several entries: which name belongs to which path cannot be told from here.
    if (name === undefined || path === undefined || !isDomainGroup) return []
    if (paths.length > 16 || paths.some(other => !samePath(other.value, path.value))) return []
    return [entry(name.value, path, keyed.length > 0 || (names.length || plain.length) === 1 ? 'certain' : 'likely')]
  }
}

/** Collects the domains of a document while it is walked. */
export const domainFinder = (document: Document, lists: DomainLists): Visitor => new Finder(document, lists)

/** Leaves out entries that others tell better, and directories that only look like a domain's because they hold all of them. */
export const settleDomains = (found: readonly DomainInDocument[]): DomainInDocument[] => {
  const sure = found.filter(({confidence}) => confidence === 'certain')
  const taken = new Set(sure.map(({path}) => keyOf(path)))
  const above = new Set<string>()
  for (const {path} of sure)
    for (let at = parentOf(path); !above.has(keyOf(at)); at = parentOf(at)) above.add(keyOf(at))
  return found.filter(({confidence, path}) => confidence === 'certain' || (!taken.has(keyOf(path)) && (confidence !== 'guess' || !above.has(keyOf(path)))))
}
