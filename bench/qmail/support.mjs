// What the benchmarks of purging share: a queue on a journaled ext4 of its own, a state directory, plans applied to it.
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {spawnSync} from 'node:child_process'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

import {applyPlan, statePlace} from '../../dist/effects/index.js'
import {createQueue, fillQueue} from '../../test/support/queue/index.js'

const must = (command, args) => {
  const {status, stderr, error} = spawnSync(command, args, {encoding: 'utf8'})
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

/** Mounts an ext4 image where root may, else uses the temporary directory as it is; gives where, and the way back. */
export const fileSystem = sizeMiB => {
  const base = mkdtempSync(join(tmpdir(), 'mailops-bench-'))
  const at = join(base, 'mount')
  mkdirSync(at)
  const image = join(base, 'image')
  try {
    must('truncate', ['-s', `${sizeMiB}M`, image])
    must('mkfs.ext4', ['-q', '-F', '-i', '4096', '-O', 'has_journal', '-E', 'lazy_itable_init=0', image])
    must('mount', ['-o', 'loop', image, at])
  } catch (error) {
    process.stderr.write(`${error.message.trim()}; measuring below ${base} instead\n`)
    return {at, kind: 'temporary directory', dispose: () => rmSync(base, {recursive: true})}
  }
  const dispose = () => {
    must('umount', [at])
    rmSync(base, {recursive: true})
  }
  return {at, kind: 'journaled ext4 on a loop device', dispose}
}

/** A queue of so many messages in the usual mixture, its caches warm and on the disk. */
export const filledQueue = (at, count, options = {}) => {
  const queue = createQueue(join(at, 'queue'), options)
  fillQueue(queue, count, options)
  must('sync', [])
  return queue
}

/** Applies one bulk change; gives its result, the seconds it took, the journal included, and those of our own processor time. */
export const timed = async (at, queue, change, handler) => {
  const place = statePlace({MAILOPS_STATE_DIR: join(at, 'state'), MAILOPS_RUN_DIR: join(at, 'run')})
  const began = performance.now()
  const cpu = process.cpuUsage()
  const applied = await applyPlan({subject: 'bench', resource: queue.dir, changes: [change]}, {handlers: [handler], place})
  const {user, system} = process.cpuUsage(cpu)
  return {result: applied.bulk[0].result, seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6, journalId: applied.journalId, place}
}

export const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
