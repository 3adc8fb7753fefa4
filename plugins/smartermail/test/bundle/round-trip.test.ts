// A bundle holds what the installation held: by the system's tar, by our reader, by the manifest.
import {spawnSync, type SpawnSyncReturns} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {createBundle} from '../../dist/effects/bundle/create.js'
import {listInstallation} from '../../dist/effects/source/list-installation.js'
import {openFolder} from '../../dist/effects/source/folder.js'
import {openBundle} from '../../dist/effects/source/open-bundle.js'
import {canLoopMount, loopMount} from '../../../../test/support/loop-mount.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {CONTENTS, EMPTY, install, inventoryOf, noise, requestOf} from './installation.js'
import {expectedDigests, makeBundle, PASSPHRASE, readAll, sha256, systemTar} from './support.js'

const SCENARIO = join(import.meta.dirname, 'bundle-scenario.mjs')

test('tar of the system unpacks what was bundled, the manifest last', async () => {
  const {root, output, bundled} = await makeBundle()
  const {files, manifest, listed} = systemTar(root, output)
  expect(files).toEqual(expectedDigests())
  expect(listed.at(-1)).toBe('manifest.json')
  expect(listed).toContain(`${EMPTY.replace('Domains', 'domains')}/`)
  expect(manifest).toEqual(JSON.parse(readFileSync(bundled.sidecar, 'utf8')))
  for (const path of [output, bundled.sidecar]) expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(existsSync(`${output}.part`)).toBe(false)
})

test('our reader gives the same files with the digests of the manifest', async () => {
  const {output, bundled} = await makeBundle()
  const digests = await readAll(output)
  expect(digests).toEqual(expectedDigests())
  expect(Object.fromEntries(bundled.manifest.files.map(({name, sha256: digest}) => [name, digest]))).toEqual(digests)
  const source = await openBundle(output)
  expect(source.domains).toEqual(['a.example', 'b.example'].map(name => ({
    name, configured: `C:\\SmarterMail\\Domains\\${name}`, at: `domains/${name}`,
  })))
  expect(source.roots.map(({name, configured}) => [name, configured])).toEqual([
    ['service', null], ['domains', 'C:\\SmarterMail\\Domains'], ['spool', 'C:\\SmarterMail\\Spool'],
  ])
  expect(source.emptyDirectories).toEqual([EMPTY.replace('Domains', 'domains')])
  await source.close()
})

test('an encrypted bundle gives the same, tells nothing to tar, and has no plain sidecar', async () => {
  const {root, output, bundled} = await makeBundle({passphrase: PASSPHRASE})
  expect(await readAll(output, PASSPHRASE)).toEqual(expectedDigests())
  expect(spawnSync('tar', ['-tf', output]).status).not.toBe(0)
  for (const path of [output, bundled.sidecar]) {
    const bytes = readFileSync(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    for (const secret of ['mailConfig', 'a.example', 'Inbox', sha256(CONTENTS['Spool/1.eml']!)])
      expect(bytes.includes(secret), `${secret} in ${path}`).toBe(false)
  }
  expect(existsSync(join(root, 'out.tar.gz.manifest.json'))).toBe(false)
})

test('the wanted files come alone, without reading further than the last of them', async () => {
  const {output} = await makeBundle()
  const source = await openBundle(output)
  const names: string[] = []
  for await (const {name} of source.files(entry => entry.name.startsWith('service/'))) names.push(name)
  expect(names).toEqual(['service/domainList.xml', 'service/mailConfig.xml'])
  await source.close()
})

test('a folder is a source of the same files', async () => {
  const root = temporaryDirectory('folder')
  install(root)
  const source = openFolder(inventoryOf(root), {domains: [join(root, 'Domains')]})
  const digests: Record<string, string> = {}
  for await (const file of source.files()) {
    for await (const piece of file.content()) expect(piece.length).toBeGreaterThan(0)
    digests[file.name] = file.digest()
  }
  expect(digests).toEqual(expectedDigests())
})

test('links, pipes and names that no bundle may hold are left out and reported', async () => {
  const root = temporaryDirectory('odd')
  install(root)
  const secret = join(root, 'elsewhere')
  mkdirSync(secret)
  writeFileSync(join(secret, 'shadow'), 'root:secret')
  const domain = join(root, 'Domains/a.example')
  symlinkSync(join(secret, 'shadow'), join(domain, 'link.grp'))
  symlinkSync(secret, join(domain, 'linked-directory'))
  spawnSync('mkfifo', [join(domain, 'pipe')])
  writeFileSync(join(domain, 'back\\slash'), 'x')
  writeFileSync(Buffer.concat([Buffer.from(`${domain}/`), Buffer.from([0x66, 0xff])]), 'x')
  const output = join(root, 'out.tar.gz')
  const {manifest} = await createBundle(listInstallation(inventoryOf(root)), requestOf(output))
  expect(Object.fromEntries(manifest.leftOut.map(({name, reason}) => [name, reason]))).toEqual({
    'domains/a.example/back\\slash': 'name', 'domains/a.example/f\ufffd': 'name', 'domains/a.example/link.grp': 'link',
    'domains/a.example/linked-directory': 'link', 'domains/a.example/pipe': 'special',
  })
  expect(await readAll(output)).toEqual(expectedDigests())
})

test('a file that grew, one that vanished and one that became a link since the listing', async () => {
  const root = temporaryDirectory('changing')
  install(root)
  const listing = listInstallation(inventoryOf(root))
  const file = (name: string): string => join(root, 'Domains/b.example', name)
  writeFileSync(file('text.grp'), 'now longer than ever, or shorter')
  spawnSync('rm', [file('exact.grp')])
  spawnSync('ln', ['-sf', '/etc/passwd', file('block.grp')])
  const output = join(root, 'out.tar.gz')
  const {manifest} = await createBundle(listing, requestOf(output))
  expect(manifest.leftOut.map(({name, reason}) => [name, reason])).toEqual([
    ['domains/b.example/block.grp', 'link'], ['domains/b.example/exact.grp', 'vanished'],
  ])
  expect((await readAll(output))['domains/b.example/text.grp']).toBe(sha256(Buffer.from('now longer than ever, or shorter')))
})

test('a directory that becomes a link on the way leads nowhere', async () => {
  const root = temporaryDirectory('swapped')
  install(root)
  const listing = listInstallation(inventoryOf(root))
  mkdirSync(join(root, 'elsewhere'))
  writeFileSync(join(root, 'elsewhere/text.grp'), 'secret')
  spawnSync('mv', [join(root, 'Domains/b.example'), join(root, 'Domains/moved')])
  symlinkSync(join(root, 'elsewhere'), join(root, 'Domains/b.example'))
  const output = join(root, 'out.tar.gz')
  const {manifest} = await createBundle(listing, requestOf(output))
  expect(manifest.leftOut.find(({name}) => name === 'domains/b.example/text.grp')).toMatchObject({reason: 'link'})
  expect(Object.keys(await readAll(output))).not.toContain('domains/b.example/text.grp')
})

test('nothing that is there already is written over', async () => {
  const {root, output} = await makeBundle()
  const listing = listInstallation(inventoryOf(root))
  await expect(createBundle(listing, requestOf(output))).rejects.toMatchObject({code: 'EEXIST', oclif: {exit: 73}})
  writeFileSync(join(root, 'b.tar.gz.part'), 'x')
  await expect(createBundle(listing, requestOf(join(root, 'b.tar.gz')))).rejects.toMatchObject({code: 'UNFINISHED', oclif: {exit: 73}})
  await expect(createBundle(listing, requestOf(join(root, 'no/such/b.tar.gz')))).rejects.toMatchObject({oclif: {exit: 66}})
})

test.skipIf(!canLoopMount().possible)('a disk that fills up stops it cleanly, and --resume goes on when there is room', () => {
  const small = loopMount({sizeBytes: 8 << 20})
  try {
    const root = temporaryDirectory('full')
    install(root, {...CONTENTS, 'Domains/b.example/more.grp': noise(6_000_000, 'more')})
    const output = join(small.path, 'out.tar.gz')
    const fill = join(small.path, 'fill')
    writeFileSync(fill, noise(1_500_000))
    const run = (): SpawnSyncReturns<string> => spawnSync(process.execPath, [SCENARIO, root, output], {encoding: 'utf8'})
    const full = run()
    expect(full.status).toBe(1)
    expect(full.stderr).toMatch(/no space or no inodes left/)
    expect(existsSync(output)).toBe(false)
    rmSync(fill)
    // The file system is still too small for all of it; on another all of what was written is of use.
    const other = join(root, 'out.tar.gz')
    copyFileSync(`${output}.part`, `${other}.part`)
    const {status, stdout} = spawnSync(process.execPath, [SCENARIO, root, other], {encoding: 'utf8'})
    expect(status).toBe(0)
    expect(Number(stdout)).toBeGreaterThan(1_000_000)
  } finally {
    small.dispose()
  }
})
