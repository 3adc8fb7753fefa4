// The loop mounts that other tests rest on: a number comes back at once, and full means full
import {existsSync, mkdirSync, statfsSync, statSync, unlinkSync, writeFileSync} from 'node:fs'
import {afterEach, describe, expect, test} from 'vitest'
import {canLoopMount, fillFileSystem, loopMount, type LoopMount} from './loop-mount.js'

const {possible, reason} = canLoopMount()
let mount: LoopMount | undefined
afterEach(() => mount?.dispose())

describe.skipIf(!possible)(`loop mount ${reason}`, () => {
  test('the inode number of a deleted file goes to the next file', () => {
    mount = loopMount()
    writeFileSync(`${mount.path}/first`, 'x')
    const {ino} = statSync(`${mount.path}/first`)
    unlinkSync(`${mount.path}/first`)
    writeFileSync(`${mount.path}/second`, 'x')
    expect(statSync(`${mount.path}/second`).ino).toBe(ino)
  })

  test('a full file system takes neither a file nor a byte, and release gives it back', () => {
    mount = loopMount({sizeBytes: 16 * 2 ** 20, inodes: 256})
    writeFileSync(`${mount.path}/there`, '')
    const {release} = fillFileSystem(mount.path)
    expect(() => writeFileSync(`${mount!.path}/new`, '')).toThrow('ENOSPC')
    expect(() => mkdirSync(`${mount!.path}/dir`)).toThrow('ENOSPC')
    expect(() => writeFileSync(`${mount!.path}/there`, 'x')).toThrow('ENOSPC')
    release()
    writeFileSync(`${mount.path}/there`, 'x')
    expect(statfsSync(mount.path).ffree).toBeGreaterThan(100)
  })

  test('dispose unmounts and leaves nothing behind', () => {
    const {path, image, dispose} = loopMount()
    dispose()
    expect([existsSync(path), existsSync(image)]).toEqual([false, false])
  })
})
