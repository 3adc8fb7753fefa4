// The directory of a site's plugins: root runs what is in it, so only root may be able to write there.
import * as fs from 'node:fs'
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
