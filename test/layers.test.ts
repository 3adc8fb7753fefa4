// Holds the layers: domain (pure) <- effects <- commands, plugins apart from each other, the core apart from plugins.
import {readFileSync, readdirSync} from 'node:fs'
import {join, relative} from 'node:path'

import {expect, test} from 'vitest'

const ROOT = join(import.meta.dirname, '..')

const sources = ['src', ...readdirSync(join(ROOT, 'plugins')).map(name => `plugins/${name}/src`)].flatMap(base => {
  const directory = join(ROOT, base)
  let names: string[]
  try {
    names = readdirSync(directory, {recursive: true}) as string[]
  } catch (error) {
    // A plugin that has no code yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return names.filter(name => name.endsWith('.ts')).map(name => ({base, path: join(directory, name), name}))
})

type Layer = 'domain' | 'effects' | 'commands'

const layerOf = (name: string): Layer => {
  if (/(^|\/)effects\//.test(name)) return 'effects'
  return /^(command|main|bulk-hook|doctor-hook|index|[a-z-]+-(flags|command))\.ts$|(^|\/)(commands|hooks)\//.test(name) ? 'commands' : 'domain'
}

const FORBIDDEN: Record<Layer, RegExp> = {
  domain: /^node:(?!path$|util$)|^mailops(\/effects)?$|^@oclif|\/(effects|commands)\/|^(fs-extra|tar)$/,
  effects: /^mailops$|^@oclif|\/commands\//,
  commands: /^node:(fs|net|child_process)/,
}

const importsOf = (code: string): string[] =>
  [...code.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)].map(match => match[1] ?? '')

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(40)
})

test.each(sources.map(({path, name, base}) => ({file: relative(ROOT, path), path, name, base})))('$file', ({path, name, base}) => {
  const code = readFileSync(path, 'utf8')
  const layer = layerOf(name)
  const imports = importsOf(code)
  expect(imports.filter(from => FORBIDDEN[layer].test(from)), `a ${layer} file`).toEqual([])
  if (base === 'src') expect(imports.filter(from => /plugins\/|^@mailops\//.test(from)), 'core knows no plugin').toEqual([])
  else {
    const outside = imports.filter(from => from.startsWith('.') && relative(join(ROOT, base), join(path, '..', from)).startsWith('..'))
    expect(outside, 'a plugin reaches out of itself').toEqual([])
    expect(imports.filter(from => from.startsWith('@mailops/')), 'plugins do not know each other').toEqual([])
  }
  if (layer === 'domain') {
    const bare = code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    expect(bare.match(/Date\.now|new Date\(\)|Math\.random|\bprocess\./g), 'a domain file has no clock and no process').toBeNull()
  }
  expect(code.split('\n')[0], 'the first line says what the file is for').toMatch(/^\/\/ \S/)
})
