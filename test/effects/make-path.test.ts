// Directories are made with those above them, and what stands in the way is told by its own name
import {spawnSync} from 'node:child_process'
import {mkdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {makePath} from '../../dist/effects/make-path.js'
import {temporaryDirectory} from '../support/temporary.js'

const modeOf = (path: string) => statSync(path).mode & 0o777

test('makes what is missing, with its mode, and leaves what is there', () => {
  const base = temporaryDirectory('path')
  mkdirSync(join(base, 'a'), {mode: 0o755})
  makePath(join(base, 'a/b/c'), 0o700)
  makePath(join(base, 'a/b/c'), 0o711)
  expect([modeOf(join(base, 'a')), modeOf(join(base, 'a/b')), modeOf(join(base, 'a/b/c'))]).toEqual([0o755, 0o700, 0o700])
})

test('a file or a link to nowhere in the way is an error', () => {
  const base = temporaryDirectory('path')
  writeFileSync(join(base, 'file'), '')
  symlinkSync('nowhere', join(base, 'link'))
  expect(() => makePath(join(base, 'file'), 0o700)).toThrow('EEXIST')
  expect(() => makePath(join(base, 'file/below'), 0o700)).toThrow('ENOTDIR')
  expect(() => makePath(join(base, 'link/below'), 0o700)).toThrow('ENOENT')
})

test.skipIf(process.getuid?.() !== 0)('a read-only file system is called so', () => {
  const base = temporaryDirectory('path')
  const module = join(import.meta.dirname, '../../dist/effects/make-path.js')
  const code = `import {makePath} from ${JSON.stringify(module)}; try { makePath(${JSON.stringify(join(base, 'a/b'))}, 0o700) } catch (error) { console.log(error.code) }`
  const mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
  const argv = ['-m', 'sh', '-c', mount, 'sh', base, process.execPath, '--input-type=module', '-e', code]
  expect(spawnSync('unshare', argv, {encoding: 'utf8'})).toMatchObject({status: 0, stdout: 'EROFS\n'})
})
