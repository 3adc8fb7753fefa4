// Makes bundle/: every command, hook and library of ours in a few files, so that a command starts in a fraction of the
// time that some hundred modules take. What is in there is made of dist/; bin/run.js takes it when it is not older.
import {existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'

import {Config} from '@oclif/core'
import {build} from 'esbuild'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'bundle')
const pjson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const config = await Config.load({root: ROOT, userPlugins: false})
const plugins = [...config.plugins.values()]

const entries = {main: join(ROOT, 'dist/main.js')}
const commands = {}
const hooks = {}
const topics = {}
for (const plugin of plugins) {
  Object.assign(topics, plugin.pjson.oclif.topics)
  for (const [event, targets] of Object.entries(plugin.hooks))
    for (const {target, identifier} of targets) {
      const name = `hook-${event.replaceAll(':', '-')}-${plugin.name.replace(/^.*[/-]/, '')}`
      entries[name] = join(plugin.root, target)
      ;(hooks[event] ??= []).push({target: `./${name}.js`, identifier})
    }
  for (const {load, ...command} of plugin.commands) {
    const {relativePath} = await load()
    const name = `command-${command.id.replaceAll(':', '-')}`
    entries[name] = join(plugin.root, ...relativePath)
    commands[command.id] = {...command, isESM: true, relativePath: [`${name}.js`], pluginName: pjson.name, pluginAlias: pjson.name}
  }
}

const ours = plugins.filter(({name}) => !name.startsWith('@oclif/')).map(({name, root}) => ({name, root: realpathSync(root)}))
const ownerOf = path => ours.find(({root}) => root !== ROOT && path.startsWith(`${root}/`))

// Worker threads start from the bundle too; they are told by their names.
const workerName = path => `worker-${relative(join(ROOT, 'plugins'), path).replace(/\.js$/, '').replaceAll(/[^\w-]+/g, '-')}`
for (const {root} of ours.filter(({root: at}) => existsSync(join(at, 'dist'))))
  for (const name of readdirSync(join(root, 'dist'), {recursive: true}))
    if (name.endsWith('-worker.js')) entries[workerName(join(root, 'dist', name))] = join(root, 'dist', name)

// Any other module that names a file beside itself goes on naming the one in dist/.
const placeOf = path => {
  const own = ownerOf(path)
  return own === undefined ? `../${relative(ROOT, path)}` : `../node_modules/${own.name}/${relative(own.root, path)}`
}
const BESIDE = /new URL\('([\w./-]+-worker\.js)', import\.meta\.url\)|import\.meta\.(url|dirname|filename)/g
const keepPlaces = {
  name: 'keep-places',
  setup: ({onLoad}) =>
    onLoad({filter: /\/dist\/.*\.js$/}, ({path}) => {
      const text = readFileSync(path, 'utf8')
      const url = `new URL(${JSON.stringify(placeOf(path))}, import.meta.url)`
      const instead = {url: `${url}.href`, filename: `fileURLToBundlePath(${url})`, dirname: `fileURLToBundlePath(new URL('.', ${url}))`}
      const contents = text.replaceAll(BESIDE, (_, worker, what) =>
        worker === undefined ? instead[what] : `new URL('./${workerName(join(dirname(path), worker))}.js', import.meta.url)`,
      )
      return contents === text ? null : {contents, loader: 'js'}
    }),
}

rmSync(OUT, {recursive: true, force: true})
mkdirSync(OUT)
await build({
  entryPoints: entries,
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'chunk-[hash]',
  // An addon cannot be bundled; oclif looks for the compiler only in a development tree of its own kind.
  external: ['better-sqlite3', 'typescript'],
  // What oclif's CommonJS expects to find around itself.
  banner: {
    js: [
      `import {createRequire as bundleRequire} from 'node:module'`,
      `import {fileURLToPath as fileURLToBundlePath} from 'node:url'`,
      `const require = bundleRequire(import.meta.url), __filename = fileURLToBundlePath(import.meta.url), __dirname = fileURLToBundlePath(new URL('.', import.meta.url))`,
    ].join('\n'),
  },
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  plugins: [keepPlaces],
})

const oclif = {...pjson.oclif, plugins: [], commands: '.', hooks, topics}
writeFileSync(
  join(OUT, 'package.json'),
  JSON.stringify({name: pjson.name, version: pjson.version, description: pjson.description, type: 'module', oclif}),
)
writeFileSync(join(OUT, 'oclif.manifest.json'), JSON.stringify({commands, version: pjson.version}))
