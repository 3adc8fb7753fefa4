// From where plugins may be loaded: root from a directory only root can write to, anybody else from a home of his own.
import * as fs from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'

/** All that code is loaded from: the directory, and each package in it, wherever a link leads. */
const placesIn = (site: string): string[] => {
  const modules = join(site, 'node_modules')
  const names = fs.existsSync(modules) ? fs.readdirSync(modules).filter(name => !name.startsWith('.')) : []
  const packages = names.flatMap(name => (name.startsWith('@') ? fs.readdirSync(join(modules, name)).map(one => join(name, one)) : [name]))
  return [site, join(site, 'package.json'), modules, ...packages.map(name => join(modules, name))].filter(path => fs.existsSync(path))
}

const strangeness = (path: string): string | undefined => {
  const {uid, mode} = fs.statSync(path)
  if (uid !== 0) return `${path} belongs to uid ${uid}`
  return (mode & 0o022) === 0 ? undefined : `${path} can be written to by others`
}

/** Why root must not load plugins from a directory, undefined when he may; what he cannot look at he does not load. */
export const distrusted = (site: string): string | undefined => {
  try {
    return placesIn(site).map(strangeness).find(strange => strange !== undefined)
  } catch (error) {
    return (error as Error).message // a link in a circle, a file in the place of a directory
  }
}

/**
 * True when the home is that of who runs us, so that his own plugins are in it: never root's, and not a home that
 * `runuser -u qmailq` or a daemon's HOME has left standing.
 */
export const hasOwnHome = (): boolean => {
  const uid = process.getuid?.()
  if (uid === undefined || uid === 0) return uid === undefined
  try {
    return fs.statSync(homedir()).uid === uid
  } catch {
    return false // no home, or one he may not look at
  }
}
