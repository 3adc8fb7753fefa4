// Archives made to do harm are refused before anything of them is used: bad data, exit 65.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'

import {Header, Pax, type HeaderData} from 'tar'
import {expect, test} from 'vitest'

import {manifestText, type BundledFile, type Manifest} from '../../dist/bundle/manifest.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {expectedDigests, makeBundle, readAll, sha256} from './support.js'

interface Entry {
  readonly head: HeaderData
  readonly content?: Buffer
  readonly pax?: HeaderData
}

const pad = (content: Buffer): Buffer => Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])

const tarOf = (entries: readonly Entry[], end = Buffer.alloc(1024)): Buffer =>
  Buffer.concat([
    ...entries.flatMap(({head, content = Buffer.alloc(0), pax}) => {
      const header = new Header({mode: 0o600, uid: 0, gid: 0, size: content.length, type: 'File', mtime: new Date(0), ...head})
      header.encode()
      return [...(pax === undefined ? [] : [new Pax(pax).encode()]), header.block!, pad(content)]
    }),
    end,
  ])

const fileOf = (name: string, content: Buffer): BundledFile => ({name, bytes: content.length, mtimeMs: 0, sha256: sha256(content)})

const manifestOf = (more: Partial<Manifest> = {}): Manifest => ({
  created: '2026-11-22T00:00:00.000Z', era: 'xml', version: null, configOnly: false,
  roots: [{name: 'service', kind: 'service', path: '/x', configured: null}],
  domains: [], emptyDirectories: [], leftOut: [], shapes: [], files: [], ...more,
})

const manifestEntry = (manifest: Manifest): Entry => ({head: {path: 'manifest.json'}, content: Buffer.from([...manifestText(manifest)].join(''))})

const GOOD = {head: {path: 'service/a.xml'}, content: Buffer.from('<a/>')}
const GOOD_FILE = fileOf('service/a.xml', GOOD.content)

/** Reads an archive of these bytes, as tar and as tar.gz, and expects the same refusal. */
const refused = async (archive: Buffer, code: string, text: RegExp): Promise<void> => {
  const directory = temporaryDirectory('hostile')
  for (const [name, bytes] of [['a.tar', archive], ['a.tar.gz', gzipSync(archive)]] as const) {
    const path = join(directory, name)
    writeFileSync(path, bytes)
    await expect(readAll(path), name).rejects.toMatchObject({code, oclif: {exit: 65}, message: expect.stringMatching(text)})
  }
}

test('a good archive of other making is read', async () => {
  const directory = temporaryDirectory('good')
  const path = join(directory, 'a.tar')
  writeFileSync(path, tarOf([GOOD, manifestEntry(manifestOf({files: [GOOD_FILE]}))]))
  expect(await readAll(path)).toEqual({'service/a.xml': GOOD_FILE.sha256})
})

test('a bundle that was unpacked and packed again by tar is read', async () => {
  const {root, output} = await makeBundle()
  const to = join(root, 'again')
  mkdirSync(to)
  const shell = `tar -xzf ${output} -C ${to} && rm -f ${root}/again.tar.gz && cd ${to} && tar -czf ${root}/again.tar.gz service domains spool manifest.json`
  expect(spawnSync('sh', ['-c', shell]).status).toBe(0)
  expect(await readAll(join(root, 'again.tar.gz'))).toEqual(expectedDigests())
})

const NAMES = [
  '../out', 'service/../../out', 'service/..', '/etc/passwd', 'C:/Windows/x', 'service/C:evil', 'service\\..\\x', 'service//x',
  './service/a.xml', 'service/./x', 'service/a\u0007b', '//server/share/x',
]

test.each(NAMES)('the name %j in the archive', async name => {
  await refused(tarOf([{...GOOD, head: {path: name}}, manifestEntry(manifestOf({files: [GOOD_FILE]}))]), 'BUNDLE_UNSAFE', /the name/)
  await refused(tarOf([{...GOOD, pax: {path: name}}, manifestEntry(manifestOf({files: [GOOD_FILE]}))]), 'BUNDLE_UNSAFE', /the name/)
})

test.each(NAMES)('the name %j in the manifest', async name => {
  await refused(tarOf([GOOD, manifestEntry(manifestOf({files: [{...GOOD_FILE, name}]}))]), 'BUNDLE_DAMAGED', /manifest/)
  await refused(tarOf([GOOD, manifestEntry(manifestOf({files: [GOOD_FILE], emptyDirectories: [name]}))]), 'BUNDLE_DAMAGED', /manifest/)
  await refused(tarOf([GOOD, manifestEntry(manifestOf({files: [GOOD_FILE], domains: [{name: 'd', configured: 'x', at: name}]}))]), 'BUNDLE_DAMAGED', /manifest/)
})

test.each(['SymbolicLink', 'Link', 'CharacterDevice', 'BlockDevice', 'FIFO', 'ContiguousFile', 'GlobalExtendedHeader'] as const)('an entry of type %s', async type => {
  const linkpath = /Link/.test(type) ? '/etc/passwd' : ''
  await refused(tarOf([{head: {path: 'service/a.xml', type, linkpath}}, manifestEntry(manifestOf({files: [GOOD_FILE]}))]), 'BUNDLE_UNSAFE', /type/)
})

test('a manifest that lies about content, size, and what is there', async () => {
  const lie = (files: BundledFile[], more: Entry[] = []): Buffer => tarOf([GOOD, ...more, manifestEntry(manifestOf({files}))])
  await refused(lie([{...GOOD_FILE, sha256: '0'.repeat(64)}]), 'BUNDLE_DAMAGED', /is not what its manifest says/)
  await refused(lie([{...GOOD_FILE, bytes: 3}]), 'BUNDLE_DAMAGED', /has 4 bytes, its manifest says 3/)
  await refused(lie([GOOD_FILE, {...GOOD_FILE, name: 'service/b.xml'}]), 'BUNDLE_DAMAGED', /in its manifest and not in the archive/)
  await refused(lie([GOOD_FILE], [{...GOOD, head: {path: 'service/more'}}]), 'BUNDLE_UNSAFE', /does not name/)
  await refused(lie([GOOD_FILE], [GOOD]), 'BUNDLE_UNSAFE', /names once only/)
  await refused(lie([GOOD_FILE, GOOD_FILE]), 'BUNDLE_DAMAGED', /twice/)
  await refused(lie([{...GOOD_FILE, name: 'other/a.xml'}]), 'BUNDLE_DAMAGED', /none of its roots/)
})

test('a manifest that is missing, not last, no JSON, of another version, or huge', async () => {
  const manifest = manifestEntry(manifestOf({files: [GOOD_FILE]}))
  await refused(tarOf([GOOD]), 'BUNDLE_DAMAGED', /no manifest/)
  await refused(tarOf([manifest, GOOD]), 'BUNDLE_UNSAFE', /after its manifest/)
  await refused(tarOf([GOOD, manifest, manifest]), 'BUNDLE_UNSAFE', /after its manifest/)
  const withJson = (json: string): Buffer => tarOf([GOOD, {head: {path: 'manifest.json'}, content: Buffer.from(json)}])
  await refused(withJson('{"files": ['), 'BUNDLE_DAMAGED', /not JSON/)
  await refused(withJson('null'), 'BUNDLE_DAMAGED', /not as it should be/)
  const good = manifest.content!.toString()
  await refused(withJson(good.replace('"formatVersion": 1', '"formatVersion": 2')), 'BUNDLE_DAMAGED', /formatVersion/)
  await refused(withJson(good.replace('"bytes":4', '"bytes":-4')), 'BUNDLE_DAMAGED', /bytes/)
  await refused(withJson(good.replace('"bytes":4', '"bytes":1e300')), 'BUNDLE_DAMAGED', /bytes/)
  const huge = new Header({path: 'manifest.json', mode: 0o600, size: 300 * 2 ** 20, type: 'File', mtime: new Date(0)})
  huge.encode()
  await refused(Buffer.concat([huge.block!, Buffer.alloc(4096, 0x20)]), 'BUNDLE_UNSAFE', /a manifest of/)
})

test('a name like __proto__ is a name like any other', async () => {
  const directory = temporaryDirectory('proto')
  const path = join(directory, 'a.tar')
  const names = ['service/__proto__', 'service/constructor', 'service/hasOwnProperty']
  const entries = names.map(name => ({head: {path: name}, content: GOOD.content}))
  writeFileSync(path, tarOf([...entries, manifestEntry(manifestOf({files: names.map(name => fileOf(name, GOOD.content))}))]))
  expect(Object.keys(await readAll(path)).toSorted()).toEqual(names.toSorted())
})

test('broken framing: checksum, size, extended headers, something behind the end', async () => {
  const manifest = manifestEntry(manifestOf({files: [GOOD_FILE]}))
  const good = tarOf([GOOD, manifest])
  const wrongSum = Buffer.from(good)
  wrongSum[0] = 0x74
  await refused(wrongSum, 'BUNDLE_DAMAGED', /checksum/)
  await refused(good.subarray(0, 700), 'BUNDLE_DAMAGED', /ends within|no manifest/)
  await refused(tarOf([GOOD, manifest], Buffer.concat([Buffer.alloc(1024), tarOf([GOOD])])), 'BUNDLE_UNSAFE', /behind the end/)
  const bigPax = new Header({path: 'PaxHeader/x', mode: 0o600, size: 1 << 30, type: 'ExtendedHeader', mtime: new Date(0)})
  bigPax.encode()
  await refused(Buffer.concat([bigPax.block!, good]), 'BUNDLE_UNSAFE', /extended header of/)
  const pax = new Pax({path: 'service/a.xml'}).encode()
  await refused(Buffer.concat([pax, pax, good]), 'BUNDLE_DAMAGED', /two extended headers/)
  await refused(Buffer.concat([pax, Buffer.alloc(1024)]), 'BUNDLE_DAMAGED', /does not come/)
  await refused(tarOf([{...GOOD, pax: {size: 2 ** 60}}, manifest]), 'BUNDLE_DAMAGED', /./)
})

test('what is no archive at all', async () => {
  const directory = temporaryDirectory('junk')
  const junk = join(directory, 'junk')
  for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), createHash('sha512').digest(), gzipSync('hello'), Buffer.alloc(4096)]) {
    writeFileSync(junk, bytes)
    await expect(readAll(junk)).rejects.toMatchObject({oclif: {exit: 65}})
  }
  await expect(readAll(directory)).rejects.toMatchObject({oclif: {exit: 65}})
  await expect(readAll(join(directory, 'none'))).rejects.toMatchObject({oclif: {exit: 66}})
})

test('a bomb of a thousand to one costs no memory: the entry is not what the manifest says', async () => {
  const directory = temporaryDirectory('bomb')
  const path = join(directory, 'bomb.tar.gz')
  const manifest = manifestEntry(manifestOf({files: [GOOD_FILE]}))
  // 256 MB of zeros in 256 kB, as an entry of its own.
  const head = new Header({path: 'service/a.xml', mode: 0o600, size: 2 ** 28, type: 'File', mtime: new Date(0)})
  head.encode()
  writeFileSync(join(directory, 'head'), head.block!)
  writeFileSync(join(directory, 'tail'), tarOf([manifest]))
  const shell = `cd ${directory} && (cat head; head -c 268435456 /dev/zero; cat tail) | gzip -9 > ${path}`
  expect(spawnSync('sh', ['-c', shell]).status).toBe(0)
  const before = process.memoryUsage().rss
  await expect(readAll(path)).rejects.toMatchObject({code: 'BUNDLE_DAMAGED', oclif: {exit: 65}})
  expect(process.memoryUsage().rss - before).toBeLessThan(128 << 20)
})

test('a link in place of a bundle\'s file leads to the bundle; a damaged copy is told from a good one', async () => {
  const {root, output} = await makeBundle()
  symlinkSync(output, join(root, 'link.tar.gz'))
  expect(await readAll(join(root, 'link.tar.gz'))).toEqual(expectedDigests())
  cpSync(output, join(root, 'copy.tar.gz'))
  const bytes = readFileSync(join(root, 'copy.tar.gz'))
  bytes[bytes.length >> 1]! ^= 1
  rmSync(join(root, 'copy.tar.gz'))
  writeFileSync(join(root, 'copy.tar.gz'), bytes)
  await expect(readAll(join(root, 'copy.tar.gz'))).rejects.toMatchObject({code: 'BUNDLE_DAMAGED'})
})
