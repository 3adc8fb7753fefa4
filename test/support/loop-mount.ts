// A journaled ext4 of its own, on a loop device: the file system where qmail's message numbers really are used again
import {spawnSync} from 'node:child_process'
import {
  closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, truncateSync, writeFileSync, writeSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** What the file system is to be: `inodes` bounds the number of files; `at` is an existing directory to mount over. */
export type LoopMountOptions = {sizeBytes?: number; inodes?: number; at?: string}

/** A mounted file system: `path` is its root (with lost+found); `dispose` unmounts it and deletes the image. */
export type LoopMount = {path: string; image: string; dispose: () => void}

const run = (command: string, args: readonly string[]) => {
  const {status, stderr, error} = spawnSync(command, args, {encoding: 'utf8'})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

const mounted = new Set<() => void>()
// A test that failed half-way must not leave mounts behind.
process.on('exit', () => mounted.forEach((dispose) => dispose()))

/** Creates and mounts a file system, 64 MiB when no size is named; needs root, mkfs.ext4 and loop devices. */
export const loopMount = ({sizeBytes = 64 * 2 ** 20, inodes, at}: LoopMountOptions = {}): LoopMount => {
  const dir = mkdtempSync(join(tmpdir(), 'mailops-loop-'))
  const image = join(dir, 'image')
  const path = at ?? join(dir, 'mount')
  try {
    if (at === undefined) mkdirSync(path)
    writeFileSync(image, '')
    truncateSync(image, sizeBytes)
    // Without -m 0 root would find five per cent free where others find none.
    const count = inodes === undefined ? [] : ['-N', String(inodes)]
    run('mkfs.ext4', ['-q', '-F', '-m', '0', '-O', 'has_journal', '-E', 'lazy_itable_init=0', ...count, image])
    run('mount', ['-o', 'loop', image, path])
  } catch (error) {
    rmSync(dir, {recursive: true, force: true})
    throw error
  }
  const dispose = () => {
    if (!mounted.has(dispose)) return
    run('umount', [path])
    // Only now: what could not be unmounted is tried again when the process ends.
    mounted.delete(dispose)
    rmSync(dir, {recursive: true})
  }
  mounted.add(dispose)
  return {path, image, dispose}
}

let probed: {possible: boolean; reason: string} | undefined

/**
 * Whether this machine can mount a loop file system, found out by mounting one; `reason` is '' or what is in the way.
 * With CI=true it throws instead of saying no: there these tests must not be skipped.
 */
export const canLoopMount = (): {possible: boolean; reason: string} => {
  probed ??= probe()
  if (!probed.possible && process.env['CI'] === 'true') {
    throw new Error(`CI must be able to loop-mount: ${probed.reason}`)
  }
  return probed
}

const probe = () => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return {possible: false, reason: 'needs Linux and root'}
  try {
    loopMount({sizeBytes: 16 * 2 ** 20}).dispose()
    return {possible: true, reason: ''}
  } catch (error) {
    // No loop device, no mkfs.ext4, no right to mount: the caller reports which.
    return {possible: false, reason: error instanceof Error ? error.message : String(error)}
  }
}

const untilFull = (work: () => void) => {
  try {
    for (;;) work()
  } catch (error) {
    // ENOSPC is what this is for.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/**
 * Fills the file system below `dir` to 0 free inodes and 0 free bytes, in `dir`/filler; only for a small one of
 * one's own. Returns the way to give everything back.
 */
export const fillFileSystem = (dir: string): {release: () => void} => {
  const filler = join(dir, 'filler')
  mkdirSync(filler)
  let count = 0
  const fd = openSync(join(filler, 'bytes'), 'wx')
  try {
    // Inodes first: names need directory blocks.
    untilFull(() => closeSync(openSync(join(filler, String(count++)), 'wx')))
    for (const size of [2 ** 20, 2 ** 12]) untilFull(() => writeSync(fd, Buffer.alloc(size, 'x')))
    // Delayed allocation reserves more than it needs in the end.
    fsyncSync(fd)
    for (const size of [2 ** 12, 1]) untilFull(() => writeSync(fd, Buffer.alloc(size, 'x')))
  } finally {
    closeSync(fd)
  }
  const {bavail, ffree} = statfsSync(dir)
  if (bavail > 0 || ffree > 0) throw new Error(`${dir} still has ${bavail} blocks and ${ffree} inodes free`)
  return {release: () => rmSync(filler, {recursive: true})}
}
