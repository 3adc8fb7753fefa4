// A flipped bit anywhere, a missing end, blocks in another order, a wrong passphrase: none goes unnoticed.
import {closeSync, openSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {gunzipSync} from 'node:zlib'

import {isOpsError} from 'mailops/core'
import {expect, test} from 'vitest'

import {framingOf} from '../../dist/effects/bundle/open-blocks.js'
import type {Framing, Scan} from '../../dist/effects/bundle/framing.js'
import {archiveFiles} from '../../dist/effects/bundle/archive-files.js'
import {blockArchive} from '../../dist/effects/bundle/archive.js'
import {readManifest} from '../../dist/effects/bundle/read-manifest.js'
import {CONTENTS, noise} from './installation.js'
import {makeBundle, PASSPHRASE, readAll} from './support.js'

const SMALL = Object.fromEntries(Object.entries(CONTENTS).filter(([, content]) => content.length < 600))

/** Opens once and reads all, without making the key of the passphrase again. */
const readOpen = async (path: string, framing: Framing): Promise<void> => {
  const fd = openSync(path, 'r')
  try {
    const archive = blockArchive({fd, path, framing})
    for await (const {content} of archiveFiles(archive, await readManifest(archive))) for await (const piece of content()) expect(piece).toBeDefined()
  } finally {
    closeSync(fd)
  }
}

const framed = (path: string, passphrase?: Buffer): {framing: Framing; scan: Scan} => {
  const fd = openSync(path, 'r')
  try {
    const framing = framingOf(path, fd, passphrase ?? null)!
    return {framing, scan: framing.scan(fd, readFileSync(path).length)}
  } finally {
    closeSync(fd)
  }
}

test.each([['plain', undefined], ['encrypted', PASSPHRASE]] as const)('a flipped bit anywhere in a %s bundle', async (_, passphrase) => {
  const {root, output} = await makeBundle({contents: SMALL, ...(passphrase !== undefined && {passphrase})})
  const good = readFileSync(output)
  const {framing} = framed(output, passphrase)
  await readOpen(output, framing)
  const path = join(root, 'flipped')
  for (let at = framing.start; at < good.length; at++) {
    const bad = Buffer.from(good)
    bad[at]! ^= 1 << (at % 8)
    writeFileSync(path, bad)
    await expect(readOpen(path, framing), `bit ${at % 8} of byte ${at}`).rejects.toMatchObject({oclif: {exit: 65}})
  }
})

test('a flipped bit in the header of an encrypted bundle', async () => {
  const {root, output} = await makeBundle({contents: {'Service/mailConfig.xml': Buffer.from('<a/>')}, passphrase: PASSPHRASE})
  const good = readFileSync(output)
  const path = join(root, 'flipped')
  for (const at of [0, 8, 9, 10, 11, 12, 13, 15, 16, 47, 48, 63]) {
    const bad = Buffer.from(good)
    bad[at]! ^= 4
    writeFileSync(path, bad)
    await expect(readAll(path, PASSPHRASE), `byte ${at}`).rejects.toMatchObject({oclif: {exit: expect.toSatisfy(exit => exit === 65 || exit === 77)}})
  }
})

test.each([['plain', undefined], ['encrypted', PASSPHRASE]] as const)('a %s bundle that is cut short anywhere', async (_, passphrase) => {
  const {root, output} = await makeBundle({contents: SMALL, ...(passphrase !== undefined && {passphrase})})
  const good = readFileSync(output)
  const {framing, scan} = framed(output, passphrase)
  const path = join(root, 'cut')
  const ends = scan.blocks.flatMap(({offset, bytes}) => [offset, offset + 1, offset + bytes - 1])
  for (const length of [...ends, ...Array.from({length: 40}, (_unused, at) => Math.floor((good.length * at) / 40))]) {
    if (length < framing.start) continue
    writeFileSync(path, good.subarray(0, length))
    await expect(readOpen(path, framing), `${length} bytes`).rejects.toMatchObject({oclif: {exit: 65}})
  }
  writeFileSync(path, Buffer.concat([good, Buffer.from('x')]))
  await expect(readOpen(path, framing)).rejects.toMatchObject({oclif: {exit: 65}})
})

test.each([['plain', undefined], ['encrypted', PASSPHRASE]] as const)('blocks of a %s bundle in another order, twice, or left out', async (_, passphrase) => {
  const {root, output} = await makeBundle(passphrase === undefined ? {} : {passphrase})
  const good = readFileSync(output)
  const {framing, scan: {blocks}} = framed(output, passphrase)
  const block = (at: number): Buffer => good.subarray(blocks[at]!.offset, blocks[at]!.offset + blocks[at]!.bytes)
  const path = join(root, 'shuffled')
  const start = good.subarray(0, blocks[0]!.offset)
  const all = blocks.map((_unused, at) => at)
  const last = all.at(-1)!
  const orders = [[1, 0, ...all.slice(2)], [0, ...all], all.slice(1), [...all.slice(0, 2), ...all.slice(3)], [...all, last], [...all.slice(0, -2), last]]
  for (const order of orders) {
    writeFileSync(path, Buffer.concat([start, ...order.map(block)]))
    const reading = readOpen(path, framing)
    // Whole runs of a plain bundle may change places: all files are there, and each was held against the manifest.
    const isSame = passphrase === undefined && new Set(order).size === blocks.length
    if (isSame) await reading.catch((error: unknown) => expect(error).toMatchObject({oclif: {exit: 65}}))
    else await expect(reading, order.join(' ')).rejects.toMatchObject({oclif: {exit: 65}})
  }
})

test('a wrong passphrase, and none', async () => {
  const {output, bundled} = await makeBundle({contents: SMALL, passphrase: PASSPHRASE})
  for (const path of [output, bundled.sidecar]) {
    await expect(readAll(path, Buffer.from('wrong'))).rejects.toMatchObject({code: 'WRONG_PASSPHRASE', oclif: {exit: 77}})
    await expect(readAll(path)).rejects.toMatchObject({code: 'NEEDS_PASSPHRASE', oclif: {exit: 64}})
  }
})

test('a header that asks for gigabytes is refused before it takes them', async () => {
  const {root, output} = await makeBundle({contents: SMALL, passphrase: PASSPHRASE})
  const bytes = readFileSync(output)
  bytes[10] = 24
  bytes[11] = 255
  const path = join(root, 'greedy')
  writeFileSync(path, bytes)
  await expect(readAll(path, PASSPHRASE)).rejects.toMatchObject({code: 'NOT_A_BUNDLE', oclif: {exit: 65}})
})

test('whatever is damaged in a tar: it is refused as bad data, or all of it is as promised', async () => {
  const {root, output} = await makeBundle({contents: SMALL})
  const good = gunzipSync(readFileSync(output))
  const promised = await readAll(output)
  // The same numbers every time, so that what fails once fails again.
  const bytes = noise(20_000, 'damage')
  let next = 0
  const random = (below: number): number => {
    next = (next + 4) % (bytes.length - 4)
    return bytes.readUInt32LE(next) % below
  }
  const path = join(root, 'damaged.tar')
  let refused = 0
  for (let round = 0; round < 500; round++) {
    const bad = Buffer.from(good)
    for (let n = 0; n <= random(3); n++) {
      const at = random(bad.length - 512)
      const kind = random(4)
      if (kind < 2) bad[at] = random(256)
      else if (kind === 2) bad.fill(random(2) * 255, at, at + random(40))
      else bad.copy(bad, random(bad.length - 512), at, at + 512)
    }
    // A header's checksum is soon put right by whoever means harm.
    for (let at = 0; round % 2 === 0 && at < bad.length; at += 512)
      if (bad.toString('latin1', at + 257, at + 262) === 'ustar') {
        const sum = bad.subarray(at, at + 512).reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
        bad.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
      }
    writeFileSync(path, bad)
    try {
      expect(await readAll(path), `round ${round}`).toEqual(promised)
    } catch (error) {
      // What expect says itself goes on.
      if (!isOpsError(error)) throw error
      expect(error.oclif.exit, `round ${round}: ${error.message}`).toBe(65)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(100)
})
