// Input that no careful sender makes and every queue of some age holds: odd addresses, subjects, records and names
// @ts-check
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {pathOf, withoutUmask} from './layout.js'
import {addMessage} from './message.js'

/** @import {Queue} from './layout.js' */
/** @import {MessageSpec} from './message.js' */

/** Envelope addresses that qmail accepts, a character a byte; the longest has the 1003 bytes qmail-queue allows. */
export const oddAddresses = {
  eightBit: 'gr\xc3\xbc\xdfe@m\xfcller.example',
  newline: 'two\nlines@remote.example',
  escape: 'esc\x1b[31mred@remote.example',
  carriageReturn: 'cr\rhere@remote.example',
  space: 'with space@remote.example',
  quoted: '"quo\\"ted @ here"@remote.example',
  twoAts: 'a@b@remote.example',
  noDomain: 'postmaster',
  noUser: '@remote.example',
  literal: 'user@[192.0.2.1]',
  verpSender: 'owner-list-@lists.example-@[]',
  doubleBounce: '#@[]',
  path: '../../etc/passwd@remote.example',
  markup: '<b>&amp;@remote.example',
  option: '--yes@remote.example',
  longest: `${'x'.repeat(1003 - '@remote.example'.length)}@remote.example`,
}

/** Subject lines, raw, a character a byte. */
export const oddSubjects = {
  escape: 'reset \x1b]0;owned\x07\x1b[2J',
  nul: 'before\0after',
  eightBit: 'Gr\xfc\xdfe',
  rawUtf8: 'Gr\xc3\xbc\xc3\x9fe',
  encoded: '=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?B?9vbE?=',
  encodedEscape: '=?utf-8?Q?=1B[31mred?=',
  encodedBroken: '=?utf-8?B?!!!?= =?nonsense?Q?x?=',
  folded: 'one\n two\n\tthree',
  empty: '',
  long: 'y'.repeat(100_000),
}

/** Ways to break the records of info/N, todo/N or a channel file: from the legal bytes to the broken ones. */
export const brokenRecords = {
  empty: () => '',
  noFinalNul: (/** @type {string} */ legal) => legal.slice(0, -1),
  cutInHalf: (/** @type {string} */ legal) => legal.slice(0, Math.ceil(legal.length / 2)),
  unknownType: (/** @type {string} */ legal) => `X${legal.slice(1)}`,
  emptyRecord: (/** @type {string} */ legal) => `${legal}\0`,
  onlyNuls: () => '\0\0\0\0',
  binary: () => Array.from({length: 256}, (_, byte) => String.fromCharCode(byte)).join(''),
  endless: () => 'T'.repeat(70_000),
}

/**
 * A message with many recipients in one channel file.
 * @param {Queue} queue where
 * @param {number} count how many recipients
 * @param {MessageSpec} [spec] what else it is
 * @returns {string} its number
 */
export const addMailing = (queue, count, spec = {}) =>
  addMessage(queue, {
    sender: 'owner-list-@lists.example-@[]', ...spec,
    recipients: Array.from({length: count}, (_, index) => ({address: `subscriber-${index}@remote.example`})),
  })

/**
 * Things that are not messages, in every directory that a reader of the queue looks into.
 * @param {Queue} queue where
 * @param {string} target what the symlinks point at, outside the queue; must stay as it is
 * @returns {string[]} their paths, relative to the queue
 */
export const addStrangers = (queue, target) => withoutUmask(() => {
  const beyond = (2n ** 53n + 1n).toString()
  const paths = ['mess', 'info', 'todo', 'intd', 'remote', 'bounce'].flatMap((directory) => {
    const place = pathOf(queue, directory, '0').slice(0, -2)
    const names = ['core', '12.tmp', '-1', '+5', '007', '1e3', '0x10', ' 9', 'a\nb', '..x', '\u202e99', beyond]
    for (const name of names) writeFileSync(`${queue.dir}/${place}/${name}`, 'F\0', {mode: 0o600, flag: 'wx'})
    symlinkSync(target, `${queue.dir}/${place}/46`)
    mkdirSync(`${queue.dir}/${place}/69`, {mode: 0o700})
    writeFileSync(`${queue.dir}/${place}/69/92`, 'T\0', {mode: 0o600, flag: 'wx'})
    return [...names, '46', '69', '69/92'].map((name) => `${place}/${name}`)
  })
  mkdirSync(`${queue.dir}/.hidden`, {mode: 0o700})
  mkdirSync(`${queue.dir}/attic`, {mode: 0o700})
  writeFileSync(`${queue.dir}/README`, 'not qmail\n', {mode: 0o600, flag: 'wx'})
  return [...paths, '.hidden', 'attic', 'README']
})
