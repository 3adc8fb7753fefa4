// A scenario with all that it imports in one file: a walk starts it a thousand times, and finding two hundred modules
// each time takes longer than what is tested.
import {mkdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {pathToFileURL} from 'node:url'

import {build, type Plugin} from 'esbuild'

const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/mailops-scenarios')
const REQUIRE = `import {createRequire as scenarioRequire} from 'node:module'; const require = scenarioRequire(import.meta.url)`

// What a module finds beside itself it goes on finding there.
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup: ({onLoad}) => {
    onLoad({filter: /\.m?js$/}, ({path}) => {
      const text = readFileSync(path, 'utf8')
      const places: Record<string, string> = {url: pathToFileURL(path).href, dirname: dirname(path), filename: path}
      const contents = text.replaceAll(/import\.meta\.(url|dirname|filename)\b/g, (_, what: string) => JSON.stringify(places[what]))
      return contents === text ? null : {contents, loader: 'js'}
    })
  },
}

const made = new Map<string, Promise<string>>()

const make = async (scenario: string): Promise<string> => {
  mkdirSync(CACHE, {recursive: true})
  const outfile = join(CACHE, `${process.pid}-${made.size}.mjs`)
  await build({
    entryPoints: [scenario], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20.19', logLevel: 'warning',
    external: ['better-sqlite3'], banner: {js: REQUIRE}, plugins: [keepPlaces],
  })
  return outfile
}

/** The path of a scenario's single file; made once in a process. */
export const bundled = (scenario: string): Promise<string> => {
  const known = made.get(scenario) ?? make(scenario)
  made.set(scenario, known)
  return known
}
