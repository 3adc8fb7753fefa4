// Where the files of a bundle belong on the host that it was moved to, by that host's own configuration.
import type {Manifest} from '../bundle/manifest.js'
import type {Inventory} from '../inventory/inventory.js'

/** Directories of a target by the beginning of the names that belong below them. */
export interface Places {
  /** Full path segments for a name below; null: the target has no place for it that is known. */
  readonly of: (name: string) => {readonly directory: string; readonly rest: string} | null
  /** The domain that a name belongs to, null for what is of none. */
  readonly domainOf: (name: string) => string | null
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** @param parentOf directory that a directory is in, by the rules of this host */
export const placesOn = ({domains, roots}: Manifest, target: Inventory, parentOf: (path: string) => string): Places => {
  const directories = new Map<string, string>()
  const domainsAt = new Map<string, string>()
  for (const {name, at} of domains) {
    if (at === null) continue
    domainsAt.set(at, name)
    const local = target.domains.find(domain => sameName(domain.name, name))?.local ?? null
    if (local === null) continue
    directories.set(at, local)
    // What lies beside the domains in their root belongs beside them again.
    const [root, only] = [at.slice(0, at.indexOf('/')), at.indexOf('/') === at.lastIndexOf('/')]
    if (only && root !== '' && !directories.has(root)) directories.set(root, parentOf(local))
  }
  for (const {name, kind} of roots) {
    const local = target.directories.find(one => one.kind === kind && one.local !== null)?.local ?? null
    if (local !== null && !directories.has(name)) directories.set(name, local)
  }
  directories.set('service', target.serviceDirectory)
  return {
    of: name => {
      const found = longest(name, directories)
      return found === null ? null : {directory: directories.get(found)!, rest: name.slice(found.length + 1)}
    },
    domainOf: name => {
      const found = longest(name, domainsAt)
      return found === null ? null : domainsAt.get(found)!
    },
  }
}

/** The longest of the keys that are the name itself or a directory above it. */
const longest = (name: string, keys: ReadonlyMap<string, string>): string | null => {
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) if (keys.has(name.slice(0, end))) return name.slice(0, end)
  return null
}
