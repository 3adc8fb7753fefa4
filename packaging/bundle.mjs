// Makes bundle/: every command, hook and library of ours in a few files, so that a command starts in a fraction of the
// time that some hundred modules take. What is in there is made of dist/; bin/run.js takes it when it is not older.
import {existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'

import {Config} from '@oclif/core'
import {build} from 'esbuild'

import {notices} from './licences.mjs'

const ROOT = join(import.meta.dirname, '..')
const OUT = join(ROOT, 'bundle')
const pjson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const config = await Config.load({root: ROOT, userPlugins: false})
const plugins = [...config.plugins.values()]

const entries = {main: join(ROOT, 'dist/main.js'), 'greylist-standalone': join(ROOT, 'bin/greylist-standalone.js')}
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
      const url = `new globalThis.URL(${JSON.stringify(placeOf(path))}, import.meta.url)`
      const instead = {url: `${url}.href`, filename: `fileURLToBundlePath(${url})`, dirname: `fileURLToBundlePath(new globalThis.URL('.', ${url}))`}
      const contents = text.replaceAll(BESIDE, (_, worker, what) =>
        worker === undefined ? instead[what] : `new globalThis.URL('./${workerName(join(dirname(path), worker))}.js', import.meta.url)`,
      )
      return contents === text ? null : {contents, loader: 'js'}
    }),
}

// Of oclif only what commands use; its index checks the version of Node with semver and loads everything there is.
const CORE = `
export * as Args from '@oclif/core/args'
export * as Flags from '@oclif/core/flags'
export {Command} from '@oclif/core/command'
export {Config} from '@oclif/core/config'
export {run} from '@oclif/core/run'
export {settings} from '@oclif/core/settings'
`
// Loaded by oclif at every start, used for help texts and where there is no manifest.
const LAZY = /^(ejs|tinyglobby|semver|minimatch|clean-stack|indent-string|wrap-ansi|widest-line|string-width)$/
const lightOclif = {
  name: 'light-oclif',
  setup: ({onLoad, onResolve, resolve}) => {
    onResolve({filter: /^@oclif\/core$/}, ({importer}) => (ownerOf(importer) !== undefined || importer.startsWith(join(ROOT, 'dist')) ? {path: 'core', namespace: 'light'} : null))
    onLoad({filter: /^core$/, namespace: 'light'}, () => ({contents: CORE, resolveDir: ROOT}))
    onResolve({filter: LAZY}, async ({path, importer, kind, pluginData}) => {
      if (pluginData === 'real' || kind !== 'require-call' || !importer.includes('/@oclif/core/')) return null
      const {path: real} = await resolve(path, {kind, importer, resolveDir: dirname(importer), pluginData: 'real'})
      return {path: real, namespace: 'lazy'}
    })
    onLoad({filter: /./, namespace: 'lazy'}, ({path}) => ({
      contents: `module.exports = new Proxy(function () {}, {
        get: (_, name) => (name === '__esModule' ? false : require(${JSON.stringify(path)})[name]),
        apply: (_, self, args) => require(${JSON.stringify(path)}).apply(self, args),
      })`,
      resolveDir: dirname(path),
    }))
  },
}

// Modules of Node that take milliseconds to load and that most commands never call: the first call loads them. Only
// functions, and no classes, which must stay what they are; who wants anything else gets the module itself.
const SELDOM = ['crypto', 'child_process', 'readline', 'readline/promises']
const functionsOf = async name => Object.entries(await import(`node:${name}`)).filter(([key, value]) => key !== 'default' && typeof value === 'function' && !/^[A-Z]/.test(key)).map(([key]) => key)
const seldomUsed = {
  name: 'seldom-used',
  setup: ({onLoad, onResolve}) => {
    onResolve({filter: new RegExp(`^node:(${SELDOM.join('|')})$`)}, ({path, kind}) =>
      kind === 'import-statement' ? {path: path.slice('node:'.length), namespace: 'seldom', sideEffects: false} : null,
    )
    onResolve({filter: new RegExp(`^(?:node:)?(${[...SELDOM, 'perf_hooks'].join('|')})$`)}, ({path, importer, kind}) =>
      kind === 'require-call' && importer.includes('/@oclif/core/') ? {path: path.replace('node:', ''), namespace: 'seldom-required'} : null,
    )
    // Said to be a module of ES, it is taken as it is, and not copied member by member.
    onLoad({filter: /./, namespace: 'seldom-required'}, ({path}) => ({
      contents: `const own = () => process.getBuiltinModule('node:${path}')
        module.exports = new Proxy({}, {get: (_, name) => (name === '__esModule' ? true : name === 'default' ? own() : own()[name])})`,
    }))
    onLoad({filter: /./, namespace: 'seldom'}, async ({path}) => {
      const names = await functionsOf(path)
      const whole = 'export default new Proxy({}, {get: (_, name) => own()[name]})'
      return {contents: [`const own = () => process.getBuiltinModule('node:${path}')`, whole, ...names.map(name => `export const ${name} = (...args) => own().${name}(...args)`)].join('\n')}
    })
  },
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
      `const require = bundleRequire(import.meta.url), __filename = fileURLToBundlePath(import.meta.url), __dirname = fileURLToBundlePath(new globalThis.URL('.', import.meta.url))`,
    ].join('\n'),
  },
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  minifyIdentifiers: true,
  logLevel: 'warning',
  plugins: [lightOclif, keepPlaces, seldomUsed],
})

const oclif = {...pjson.oclif, plugins: [], commands: '.', hooks, topics}
writeFileSync(
  join(OUT, 'package.json'),
  JSON.stringify({name: pjson.name, version: pjson.version, description: pjson.description, type: 'module', oclif}),
)
writeFileSync(join(OUT, 'oclif.manifest.json'), JSON.stringify({commands, version: pjson.version}))
writeFileSync(join(OUT, 'LICENSES.txt'), notices(ROOT))
