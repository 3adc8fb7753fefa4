// Paths of a message's files, and the two orders.
import {describe, expect, test} from 'vitest'
import {directoriesOf, relativePath, type QueueLayout} from '../../src/queue/layout.js'
import {REMOVAL_ORDER, RESTORE_ORDER} from '../../src/queue/order.js'
import {PRESENCE, channelBit} from '../../src/message/presence.js'
import {stateRow} from '../../src/message/state-table.js'

const flat: QueueLayout = {split: 23, bigTodo: false, channels: ['local', 'remote']}
const big: QueueLayout = {split: 23, bigTodo: true, channels: ['local', 'remote', 'suppl0']}

describe('paths', () => {
  test.each([
    [flat, 'mess', 'mess/1/24'],
    [flat, 'info', 'info/1/24'],
    [flat, 'remote', 'remote/1/24'],
    [flat, 'todo', 'todo/24'],
    [flat, 'intd', 'intd/24'],
    [flat, 'bounce', 'bounce/24'],
    [big, 'suppl0', 'suppl0/1/24'],
    [big, 'todo', 'todo/1/24'],
    [big, 'intd', 'intd/1/24'],
    [big, 'bounce', 'bounce/24'],
  ] as const)('%o %s', (layout, part, path) => expect(relativePath(layout, part, 24)).toBe(path))

  test('a number beyond 2^53 keeps all digits', () => {
    const n = 18446744073709551615n
    expect(relativePath(flat, 'mess', n)).toBe(`mess/${n % 23n}/18446744073709551615`)
  })

  test('directories', () => {
    expect(directoriesOf(flat, 'todo')).toEqual(['todo'])
    expect(directoriesOf(flat, 'mess')).toHaveLength(23)
    expect(directoriesOf(big, 'todo')[22]).toBe('todo/22')
  })
})

const BITS = {...PRESENCE, channels: channelBit(0)}
const legalStart = {
  S4: ['mess', 'intd', 'todo'],
  'S4, preprocessing crashed': ['mess', 'intd', 'todo', 'channels', 'info'],
  finished: ['mess', 'info'],
  pending: ['mess', 'info', 'channels'],
  'pending with bounce': ['mess', 'info', 'channels', 'bounce'],
  'bounce due': ['mess', 'info', 'bounce'],
} as const

describe('orders', () => {
  test('both name every part once', () => {
    expect(REMOVAL_ORDER.toSorted()).toEqual(RESTORE_ORDER.toSorted())
    expect(new Set(REMOVAL_ORDER).size).toBe(6)
  })

  test.each(Object.entries(legalStart))('removal of %s passes only through legal states', (_, parts) => {
    let left = parts.reduce((bits, part) => bits | BITS[part], 0)
    for (const part of REMOVAL_ORDER) {
      left &= ~BITS[part]
      expect(stateRow(left).legal).toBe(true)
    }
    expect(left).toBe(0)
  })

  test.each(Object.entries(legalStart))('restoring %s never shows a deliverable half message', (_, parts) => {
    const full = parts.reduce((bits, part) => bits | BITS[part], 0)
    let there = 0
    for (const part of RESTORE_ORDER.filter(each => (parts as readonly string[]).includes(each))) {
      there |= BITS[part]
      // info is the commit of S5, todo that of S4: before it qmail-send sees nothing, after it a whole message.
      const {code} = stateRow(there)
      if (there !== full) expect(['injecting', 'orphan-under-new', 'queued', 'preprocessing']).toContain(code)
    }
    expect(there).toBe(full)
  })
})
