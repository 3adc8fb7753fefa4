// The quick look that a healthy message passes: a stat a file and a read, no object kept, so that a million are cheap.
import * as fs from 'node:fs'

import {expectedFile, modeFits, ownerFits, type Expectation} from '../../check/expectation.js'
import {channelBit, PRESENCE, type Presence} from '../../message/presence.js'
import {stateRow} from '../../message/state-table.js'
import {isSplit} from '../../queue/layout.js'
import {splitOf, type MessageNumber} from '../../queue/number.js'
import type {FileBytes} from '../reading/file-bytes.js'
import type {OpenQueue} from '../reading/open-queue.js'
import {readFault} from './look.js'

interface Part {
  readonly bit: Presence
  readonly name: string
  readonly split: boolean
  readonly expected: Expectation
}

/** Gives a test that is true for a message in perfect order; false only means that it has to be looked at closely. */
export const soundness = (queue: OpenQueue, bytes: FileBytes): ((number: MessageNumber, presence: Presence) => boolean) => {
  const {layout, owners, path} = queue
  const part = (name: string, bit: Presence): Part => ({bit, name, split: isSplit(layout, name), expected: expectedFile(name, owners)})
  const parts = [
    ...(['mess', 'intd', 'todo', 'info', 'bounce'] as const).map(name => part(name, PRESENCE[name])),
    ...layout.channels.map((name, index) => part(name, channelBit(index))),
  ]
  const isFine = (number: MessageNumber, {name, split, expected}: Part, read: boolean): boolean => {
    const file = split ? `${path}/${name}/${splitOf(number, layout.split)}/${number}` : `${path}/${name}/${number}`
    const stat = fs.lstatSync(file, {throwIfNoEntry: false})
    if (stat === undefined || !stat.isFile()) return false
    const {uid, gid} = stat
    const mode = stat.mode & 0o7777
    if (!modeFits({mode}, expected) || !ownerFits({mode, uid, gid}, expected)) return false
    if (name === 'mess') return stat.ino === number
    return !read || readFault(file, name, bytes) === undefined
  }
  return (number, presence) => {
    if (typeof number === 'bigint' || !stateRow(presence).legal) return false
    const isQueued = (presence & PRESENCE.todo) !== 0
    const envelopes = PRESENCE.todo | PRESENCE.intd
    // Both names of the envelope have to be compared.
    if ((presence & envelopes) === envelopes && !sameFile(queue, number)) return false
    return parts.every(one => (presence & one.bit) === 0 || isFine(number, one, one.name === 'todo' || !isQueued))
  }
}

const sameFile = ({path, layout}: OpenQueue, number: number): boolean => {
  const below = layout.bigTodo ? `${splitOf(number, layout.split)}/${number}` : `${number}`
  const todo = fs.lstatSync(`${path}/todo/${below}`, {throwIfNoEntry: false})
  const intd = fs.lstatSync(`${path}/intd/${below}`, {throwIfNoEntry: false})
  return todo !== undefined && todo.ino === intd?.ino
}
