// Faults of a queue beside its messages' states, one function each: names, places, owners, modes, lock/
// @ts-check
import {chmodSync, lchownSync, mkdirSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync} from 'node:fs'
import {pathOf, withoutUmask} from './layout.js'

/** @import {Queue} from './layout.js' */

/** @typedef {{queue: Queue, number: string}} Target  number: a pending message with a remote recipient */

/** @param {Target} target @param {string} directory */
const fileOf = ({queue, number}, directory) => `${queue.dir}/${pathOf(queue, directory, number)}`

/** @param {Target} target @param {string} directory */
const misplace = ({queue, number}, directory) => {
  const other = (Number(BigInt(number) % BigInt(queue.split)) + 1) % queue.split
  renameSync(fileOf({queue, number}, directory), `${queue.dir}/${directory}/${other}/${number}`)
}

/** @satisfies {Record<string, (target: Target) => void>} */
const faults = {
  'mess-in-wrong-split': (target) => misplace(target, 'mess'),
  'info-in-wrong-split': (target) => misplace(target, 'info'),
  'remote-in-wrong-split': (target) => misplace(target, 'remote'),
  /** The file is copied, so the name is no longer its inode number: what a careless restore does. */
  'inode-is-not-name': (target) => {
    const path = fileOf(target, 'mess')
    // Kept until the new file has its inode, which must differ.
    renameSync(path, `${target.queue.dir}/pid/1.1.1`)
    writeFileSync(path, 'Received: (qmail 1 invoked by uid 0); 1 Jan 2026 00:00:00 -0000\n\ncopied\n', {mode: 0o644})
    unlinkSync(`${target.queue.dir}/pid/1.1.1`)
  },
  'mess-mode': (target) => chmodSync(fileOf(target, 'mess'), 0o666),
  'info-mode': (target) => chmodSync(fileOf(target, 'info'), 0o644),
  'remote-directory-mode': ({queue}) => chmodSync(`${queue.dir}/remote`, 0o777),
  /** Root only. */
  'mess-owner': (target) => lchownSync(fileOf(target, 'mess'), 4711, 4711),
  /** Root only. */
  'info-owner': (target) => lchownSync(fileOf(target, 'info'), 4711, 4711),
  'trigger-missing': ({queue}) => unlinkSync(`${queue.dir}/lock/trigger`),
  'trigger-is-a-file': ({queue}) => {
    unlinkSync(`${queue.dir}/lock/trigger`)
    writeFileSync(`${queue.dir}/lock/trigger`, '', {mode: 0o622})
  },
  'trigger-mode': ({queue}) => chmodSync(`${queue.dir}/lock/trigger`, 0o600),
  'sendmutex-missing': ({queue}) => unlinkSync(`${queue.dir}/lock/sendmutex`),
  'tcpto-size': ({queue}) => truncateSync(`${queue.dir}/lock/tcpto`, 1000),
  'tcpto-missing': ({queue}) => unlinkSync(`${queue.dir}/lock/tcpto`),
  'bounce-directory-missing': ({queue}) => rmSync(`${queue.dir}/bounce`, {recursive: true}),
  'mess-split-missing': ({queue}) => rmSync(`${queue.dir}/mess/${queue.split - 1}`, {recursive: true}),
  /** What recipes on the web create on builds with a flat todo: qmail-send takes these for messages. */
  'todo-split-unlike-build': ({queue}) => {
    for (let part = 0; part < queue.split; part += 1) mkdirSync(`${queue.dir}/todo/${part}`, {mode: 0o750})
  },
}

/** @typedef {keyof typeof faults} Fault */

/** The names of all faults. */
export const faultNames = /** @type {Fault[]} */ (Object.keys(faults))

/**
 * Damages a queue.
 * @param {Fault} fault how; those that end in -owner need root
 * @param {Target} target which queue, and which pending message where the fault concerns one
 */
export const damage = (fault, target) => withoutUmask(() => faults[fault](target))
