// Plugins of a site are run by root: whoever else can write to them would be root.
import * as fs from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {distrusted} from '../../src/effects/site.js'
import {temporaryDirectory} from '../support/temporary.js'

const NOBODY = 65534

const makeSite = (): string => {
  const site = temporaryDirectory('site')
  fs.chmodSync(site, 0o755)
  fs.mkdirSync(join(site, 'node_modules/@site/mailops-two'), {recursive: true, mode: 0o755})
  fs.mkdirSync(join(site, 'node_modules/mailops-one'), {mode: 0o755})
  fs.writeFileSync(join(site, 'package.json'), '{}', {mode: 0o644})
  return site
}

test.skipIf(process.getuid?.() !== 0)('only what root alone can write is loaded (needs root)', () => {
  expect(distrusted(makeSite())).toBeUndefined()
  for (const part of ['', 'package.json', 'node_modules', 'node_modules/mailops-one', 'node_modules/@site/mailops-two']) {
    const site = makeSite()
    const path = join(site, part)
    fs.chownSync(path, NOBODY, NOBODY)
    expect(distrusted(site)).toContain(`belongs to uid ${NOBODY}`)
    fs.chownSync(path, 0, 0)
    fs.chmodSync(path, 0o775)
    expect(distrusted(site)).toContain('can be written to by others')
  }
  const linked = makeSite()
  const home = temporaryDirectory('home')
  fs.chownSync(home, NOBODY, NOBODY)
  fs.symlinkSync(home, join(linked, 'node_modules/mailops-linked'))
  expect(distrusted(linked)).toContain(`belongs to uid ${NOBODY}`)
})
