// How much room is left: what counts is what can really be written, which on ext4 is less than it says.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {freeSpace, requireSpace} from 'mailops/effects'
import {describe, expect, test} from 'vitest'

import {canLoopMount, fillFileSystem, loopMount} from '../support/loop-mount.js'

const {possible, reason} = canLoopMount()
describe.skipIf(!possible)(`on a file system of its own ${reason}`, () => {
  test('no room is seen where ext4 keeps the last blocks for itself', () => {
    const mount = loopMount({sizeBytes: 48 * 2 ** 20})
    try {
      expect(freeSpace(mount.path).bytes).toBeGreaterThan(2 ** 20)
      const {release} = fillFileSystem(mount.path)
      expect(() => writeFileSync(join(mount.path, 'more'), Buffer.alloc(8192))).toThrow(/ENOSPC/)
      expect(freeSpace(mount.path).bytes).toBe(0)
      expect(() => requireSpace(mount.path, {bytes: 1, inodes: 0})).toThrow(/nothing was changed/)
      release()
    } finally {
      mount.dispose()
    }
  })
})
