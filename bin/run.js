#!/usr/bin/env node
// Starts the bundle, or in a checkout that was compiled since it was made what it is made of.
import {readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'

const root = join(import.meta.dirname, '..')
const bundle = join(root, 'bundle')

const changed = path => statSync(path, {throwIfNoEntry: false})?.mtimeMs

// A package has no build information, and its bundle is as new as the rest.
const isCurrent = () => {
  const made = changed(join(bundle, 'oclif.manifest.json'))
  if (made === undefined) return false
  const packages = [root, ...(changed(join(root, 'plugins')) === undefined ? [] : readdirSync(join(root, 'plugins')).map(name => join(root, 'plugins', name)))]
  return packages.every(path => (changed(join(path, 'dist/.tsbuildinfo')) ?? 0) <= made)
}

const SITE = '/usr/local/lib/mailops'
const site = changed(join(SITE, 'package.json')) === undefined ? undefined : SITE

const from = isCurrent() ? bundle : join(root, 'dist')
const {main} = await import(join(from, 'main.js'))
await main({root: from === bundle ? bundle : root, site}, process.argv.slice(2))
