// kill -9 at any point, then --resume: the bundle is whole, nothing intact is packed twice, no nonce is used twice.
import {spawn, spawnSync} from 'node:child_process'
import {appendFileSync, chownSync, closeSync, copyFileSync, existsSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {ArchiveWriter} from '../../dist/effects/bundle/archive-writer.js'
import {BlockWriter} from '../../dist/effects/bundle/block-writer.js'
import {openPart} from '../../dist/effects/bundle/part.js'
import {plainFraming} from '../../dist/effects/bundle/plain.js'
import {createBundle} from '../../dist/effects/bundle/create.js'
import {listInstallation} from '../../dist/effects/source/list-installation.js'
import {readRecordHeader, RECORD_HEADER, SEALED_HEADER, TAG} from '../../dist/bundle/sealed-format.js'
import {runWithFault, walk} from '../../../../test/support/faults/walk.js'
import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {CONTENTS, install, inventoryOf, noise, requestOf} from './installation.js'
import {expectedDigests, makeBundle, PASSPHRASE, readAll, sha256, systemTar} from './support.js'

const SCENARIO = join(import.meta.dirname, 'bundle-scenario.mjs')

const resume = async (root: string, output: string, passphrase?: Buffer): ReturnType<typeof createBundle> =>
  createBundle(listInstallation(inventoryOf(root)), requestOf(output, {resume: true, passphrase: passphrase ?? null}))

/** Makes a finished bundle an unfinished one. */
const unfinish = (output: string): string => {
  renameSync(output, `${output}.part`)
  return `${output}.part`
}

/** Blocks of an encrypted file by segment and number: what a nonce was used for. */
const sealedBlocks = (bytes: Buffer): Map<string, string> => {
  const blocks = new Map<string, string>()
  let segment = ''
  for (let at = SEALED_HEADER; at < bytes.length; ) {
    const header = readRecordHeader(bytes.subarray(at, at + RECORD_HEADER))
    if (header === null) break
    const body = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + header.bytes)
    if (header.kind === 'S') segment = body.subarray(0, 32).toString('hex')
    else blocks.set(`${segment} ${header.index}`, sha256(body))
    at += RECORD_HEADER + header.bytes + (header.kind === 'D' ? TAG : 0)
  }
  return blocks
}

// In the middle of the n-th write, or just before the n-th call that is none: between two calls nothing else happens.
test('kill -9 at every call that changes a file, in the middle of writes', {timeout: 400_000}, async () => {
  const installation = temporaryDirectory('kill')
  install(installation)
  const step = async (n: number): Promise<boolean> => {
    const output = join(installation, `out-${n}.tar.gz`)
    const killed = await runWithFault([SCENARIO, installation, output], {kill: `${n}+`})
    if (killed.signal === null) {
      expect(killed).toMatchObject({status: 0, stderr: ''})
      return true
    }
    // The name is given last: when it is there, all is.
    if (!existsSync(output)) await resume(installation, output)
    expect(await readAll(output)).toEqual(expectedDigests())
    expect(existsSync(`${output}.part`)).toBe(false)
    for (const name of [output, `${output}.manifest.json`]) expect(statSync(name).mode & 0o777).toBe(0o600)
    return false
  }
  expect(await walk(step)).toBeGreaterThan(10)
})

test('kill -9 at any moment of a running process, again and again', {timeout: 200_000}, async () => {
  const root = temporaryDirectory('running')
  const contents = {...CONTENTS, ...Object.fromEntries(Array.from({length: 12}, (_unused, at) => [`Domains/b.example/${at}.grp`, noise(1_500_000, String(at))]))}
  install(root, contents)
  const output = join(root, 'out.tar.gz')
  const part = `${output}.part`
  const sizeOf = (): number => (existsSync(part) ? statSync(part).size : 0)
  for (const least of [1, 3_000_000, 9_000_000]) {
    const child = spawn(process.execPath, [SCENARIO, root, output], {stdio: 'ignore'})
    const ended = new Promise(resolve => child.on('close', resolve))
    while (child.exitCode === null && child.signalCode === null && sizeOf() < least) await new Promise(resolve => setTimeout(resolve, 5))
    child.kill('SIGKILL')
    await ended
  }
  const {status, stdout} = spawnSync(process.execPath, [SCENARIO, root, output], {encoding: 'utf8'})
  expect(status).toBe(0)
  expect(Number(stdout)).toBeGreaterThan(5_000_000)
  expect(await readAll(output)).toEqual(expectedDigests(contents))
})

test.each([['plain', undefined], ['encrypted', PASSPHRASE]] as const)('a %s bundle cut anywhere goes on from there', {timeout: 300_000}, async (_, passphrase) => {
  const {root, output} = await makeBundle(passphrase === undefined ? {} : {passphrase})
  const whole = readFileSync(output)
  const part = unfinish(output)
  const nonces = sealedBlocks(whole)
  let before = -1
  for (const share of passphrase === undefined ? [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1] : [0.2, 0.6, 1]) {
    writeFileSync(part, whole.subarray(0, Math.floor(whole.length * share)))
    const {reusedBytes} = await resume(root, output, passphrase)
    expect(reusedBytes).toBeGreaterThanOrEqual(before)
    before = reusedBytes
    expect(await readAll(output, passphrase)).toEqual(expectedDigests())
    if (passphrase !== undefined)
      for (const [nonce, block] of sealedBlocks(readFileSync(output))) {
        // The same block under the same number is the one that stayed.
        expect(nonces.get(nonce) ?? block, nonce).toBe(block)
        nonces.set(nonce, block)
      }
    rmSync(output)
  }
  expect(before).toBe(Object.values(CONTENTS).reduce((sum, content) => sum + content.length, 0))
})

test.each([['plain', undefined], ['encrypted', PASSPHRASE]] as const)('files that changed, went and came since a %s bundle was begun', async (_, passphrase) => {
  const {root, output} = await makeBundle(passphrase === undefined ? {} : {passphrase})
  const part = unfinish(output)
  const nonces = sealedBlocks(readFileSync(part))
  const changed: Record<string, Buffer> = {...CONTENTS, 'Service/mailConfig.xml': Buffer.from('<changed/>'), 'Domains/a.example/new.grp': noise(1_200_000, 'new')}
  delete changed['Domains/b.example/exact.grp']
  rmSync(join(root, 'Domains/b.example/exact.grp'))
  for (const name of ['Service/mailConfig.xml', 'Domains/a.example/new.grp'] ) writeFileSync(join(root, name), changed[name]!)
  // The same size and time, other content: the inode's own time tells.
  const same = join(root, 'Domains/b.example/block.grp')
  const {atime, mtime} = statSync(same)
  changed['Domains/b.example/block.grp'] = noise(1 << 20, 'other')
  writeFileSync(same, changed['Domains/b.example/block.grp']!)
  utimesSync(same, atime, mtime)
  const {reusedBytes} = await resume(root, output, passphrase)
  expect(reusedBytes).toBeGreaterThan(2_700_000)
  expect(await readAll(output, passphrase)).toEqual(expectedDigests(changed))
  if (passphrase === undefined) expect(systemTar(root, output).files).toEqual(expectedDigests(changed))
  for (const [nonce, block] of sealedBlocks(readFileSync(output))) expect(nonces.get(nonce) ?? block, nonce).toBe(block)
})

test('kill -9 while what is intact moves up over a gap', {timeout: 300_000}, async () => {
  const {root, output} = await makeBundle()
  const part = unfinish(output)
  const changed = {...CONTENTS, 'Domains/a.example/Users/u/Mail/Inbox/1.grp': Buffer.from('short now')}
  writeFileSync(join(root, 'Domains/a.example/Users/u/Mail/Inbox/1.grp'), 'short now')
  const steps = await walk(async n => {
    const own = join(root, `own-${n}.tar.gz`)
    copyFileSync(part, `${own}.part`)
    const killed = await runWithFault([SCENARIO, root, own], {kill: `${n}+`})
    if (killed.signal === null) return true
    if (!existsSync(own)) await resume(root, own)
    expect(await readAll(own)).toEqual(expectedDigests(changed))
    return false
  })
  expect(steps).toBeGreaterThan(10)
})

test('a damaged block costs only the files in it', async () => {
  const {root, output} = await makeBundle()
  const part = unfinish(output)
  const bytes = readFileSync(part)
  bytes[1_500_000]! ^= 1
  writeFileSync(part, bytes)
  const {reusedBytes} = await resume(root, output)
  expect(reusedBytes).toBeGreaterThan(1_000_000)
  expect(await readAll(output)).toEqual(expectedDigests())
})

test('junk behind what is intact, and a file that is nothing but junk', async () => {
  const {root, output} = await makeBundle()
  const part = unfinish(output)
  truncateSync(part, statSync(part).size - 100)
  appendFileSync(part, noise(5000))
  await resume(root, output)
  expect(await readAll(output)).toEqual(expectedDigests())
  const junk = join(root, 'junk.tar.gz')
  writeFileSync(`${junk}.part`, noise(100_000))
  expect((await resume(root, junk)).reusedBytes).toBe(0)
  expect(await readAll(junk)).toEqual(expectedDigests())
})

test('an encrypted one is not gone on with in the clear, nor the other way, nor under another passphrase', async () => {
  const {root, output} = await makeBundle({passphrase: PASSPHRASE})
  unfinish(output)
  await expect(resume(root, output)).rejects.toMatchObject({code: 'NEEDS_PASSPHRASE', oclif: {exit: 64}})
  await expect(resume(root, output, Buffer.from('other'))).rejects.toMatchObject({code: 'WRONG_PASSPHRASE', oclif: {exit: 77}})
  const plain = await makeBundle()
  unfinish(plain.output)
  await expect(resume(plain.root, plain.output, PASSPHRASE)).rejects.toMatchObject({code: 'NOT_ENCRYPTED', oclif: {exit: 64}})
})

test('a file that could not be read to its end is not taken over as if it had been', async () => {
  const root = temporaryDirectory('flawed')
  install(root)
  const output = join(root, 'out.tar.gz')
  const path = join(root, 'Domains/a.example/Users/u/Mail/Inbox/1.grp')
  const listing = listInstallation(inventoryOf(root))
  const {size, mtimeMs, ctimeMs} = statSync(path)
  const file = openSync(join(root, 'flawed.part'), 'w+')
  try {
    // As addFile does when a disk gives an error in the middle: the rest is zeros, and the file itself has not changed.
    const writer = new BlockWriter({fd: file, path: 'flawed.part', at: 0, framer: plainFraming('').continueAfter(file, [])})
    const archive = new ArchiveWriter(writer)
    const content = readFileSync(path)
    let at = 0
    const head = {name: 'domains/a.example/Users/u/Mail/Inbox/1.grp', directory: false, bytes: size, mtimeMs: Math.trunc(mtimeMs), ctimeMs: Math.trunc(ctimeMs)}
    const missing = await archive.add(head, target => {
      const taken = at > 1_500_000 ? 0 : content.copy(target, 0, at)
      at += taken
      return taken
    })
    expect(missing).toBeGreaterThan(0)
    await archive.flush()
    await writer.finish()
  } finally {
    closeSync(file)
  }
  renameSync(join(root, 'flawed.part'), `${output}.part`)
  const {reusedBytes} = await createBundle(listing, requestOf(output, {resume: true}))
  expect(reusedBytes).toBe(0)
  expect(await readAll(output)).toEqual(expectedDigests())
})

test('an unfinished bundle that somebody else planted, or linked to another file, is not written into', () => {
  const base = temporaryDirectory('planted')
  const [victim, part, pipe] = ['victim', 'out.part', 'pipe.part'].map(name => join(base, name)) as [string, string, string]
  writeFileSync(victim, 'victim')
  linkSync(victim, part)
  expect(() => openPart(part, null)).toThrow(/no plain file of one name/)
  expect(readFileSync(victim, 'utf8')).toBe('victim')
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  expect(() => openPart(pipe, null)).toThrow(/no plain file of one name/)
  if (process.getuid?.() !== 0) return
  rmSync(part)
  writeFileSync(part, '')
  chownSync(part, 65534, 65534)
  expect(() => openPart(part, null)).toThrow(/a file of uid 65534/)
})
