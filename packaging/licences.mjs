// The packages of others that are shipped or bundled, with their licences, as the lock file has them.
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

/** Licences under which what we ship may be passed on with a notice and nothing more. */
const ALLOWED = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', '(MIT OR CC0-1.0)', '(MIT OR WTFPL)', '(BSD-2-Clause OR MIT OR Apache-2.0)'])

/** Where Node finds a package from the place of another, in the words of the lock file. */
const resolve = (packages, from, name) => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[place] !== undefined) return packages[place].link === true ? packages[place].resolved : place
    if (at === '') return null
  }
}

/**
 * What an installation brings along, by name: everything that `dependencies` and `optionalDependencies` lead to.
 * @throws Error for a licence that is none of those above
 */
export const shippedPackages = root => {
  const {packages} = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const seen = new Set([''])
  for (const place of seen) {
    const {dependencies = {}, optionalDependencies = {}} = packages[place]
    for (const name of Object.keys({...dependencies, ...optionalDependencies})) {
      const found = resolve(packages, place, name)
      if (found !== null) seen.add(found)
    }
  }
  const shipped = [...seen].filter(place => place.includes('node_modules/')).map(place => ({
    place, name: place.slice(place.lastIndexOf('node_modules/') + 13), version: packages[place].version, licence: packages[place].license ?? 'unknown',
  }))
  const unknown = shipped.filter(({licence}) => !ALLOWED.has(licence))
  if (unknown.length > 0) throw new Error(`not to be shipped without a look at it: ${unknown.map(({name, licence}) => `${name} (${licence})`).join(', ')}`)
  return shipped.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1))
}

/** The texts of the licences, as whoever passes the bundle on has to pass them on. */
export const notices = root =>
  shippedPackages(root)
    .filter(({place}) => existsSync(join(root, place)))
    .map(({place, name, version, licence}) => {
      const file = readdirSync(join(root, place)).find(entry => /^(?:licen[cs]e|copying)(?:\.|$)/i.test(entry))
      const text = file === undefined ? `${licence}, as its package.json says` : readFileSync(join(root, place, file), 'utf8').trim()
      return `${name} ${version}\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
