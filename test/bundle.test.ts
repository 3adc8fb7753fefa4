// The bundle that a command starts from: it has all that the packages have, and a checkout compiled since goes past it.
import {spawnSync} from 'node:child_process'
import * as fs from 'node:fs'
import {join} from 'node:path'

import {Config} from '@oclif/core'
import {expect, test} from 'vitest'

import {temporaryDirectory} from './support/temporary.js'

const ROOT = join(import.meta.dirname, '..')
const BUNDLE = join(ROOT, 'bundle')

const idsOf = (config: Config): string[] => config.commands.map(({id}) => id).toSorted()

test('it has every command with its flags, every topic and every hook', async () => {
  const [whole, bundled] = await Promise.all([ROOT, BUNDLE].map(root => Config.load({root, userPlugins: false})))
  expect(idsOf(bundled!)).toEqual(idsOf(whole!))
  for (const command of whole!.commands)
    expect(Object.keys(bundled!.findCommand(command.id, {must: true}).flags), command.id).toEqual(Object.keys(command.flags))
  expect(bundled!.topics.map(({name}) => name).toSorted()).toEqual(whole!.topics.map(({name}) => name).toSorted())
  const hooksOf = (config: Config) =>
    [...config.plugins.values()].flatMap(({hooks}) => Object.entries(hooks).flatMap(([event, targets]) => targets.map(() => event))).toSorted()
  expect(hooksOf(bundled!)).toEqual(expect.arrayContaining(hooksOf(whole!).filter(event => !event.startsWith('plugins:'))))
})

test('each command loads', async () => {
  const config = await Config.load({root: BUNDLE, userPlugins: false})
  for (const command of config.commands) expect(await command.load(), command.id).toBeTypeOf('function')
})

// A CommonJS module has its names in Node, and in a bundle below `default` only.
test('the client of Redis is found in it', () => {
  const directory = temporaryDirectory('bundle')
  const env = {...process.env, MAILOPS_STATE_DIR: directory, MAILOPS_RUN_DIR: directory, MAILOPS_CONFIG_DIR: directory}
  const script = `const {main} = await import(${JSON.stringify(join(BUNDLE, 'main.js'))}); await main({root: ${JSON.stringify(BUNDLE)}}, ['greylist', 'expire', '--db', '${directory}/g.db', '--store', 'redis://127.0.0.1:9'])`
  const {stderr} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {env, encoding: 'utf8', timeout: 20_000})
  expect(stderr).not.toMatch(/not a function|BAD_STORE/)
  expect(stderr).toContain('redis://127.0.0.1:9 is not there')
}, 30_000)

test('what was compiled after it is run instead of it', () => {
  const copy = join(temporaryDirectory('bundle'), 'checkout')
  for (const name of ['bin', 'bundle', 'dist', 'package.json']) fs.cpSync(join(ROOT, name), join(copy, name), {recursive: true})
  fs.symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const started = () => spawnSync(process.execPath, [join(copy, 'bin/run.js'), '--version'], {encoding: 'utf8', env: {...process.env, NODE_DEBUG: 'esm'}})
  const from = () => /file:\S*\/(bundle|dist)\/main\.js/.exec(started().stderr)?.[1]
  const now = Date.now() / 1000
  fs.utimesSync(join(copy, 'bundle/oclif.manifest.json'), now, now)
  fs.utimesSync(join(copy, 'dist/.tsbuildinfo'), now - 10, now - 10)
  expect(from()).toBe('bundle')
  fs.utimesSync(join(copy, 'dist/.tsbuildinfo'), now + 10, now + 10)
  expect(from()).toBe('dist')
  fs.rmSync(join(copy, 'bundle'), {recursive: true})
  expect(from()).toBe('dist')
})
