// The state table, against a transcription of its own that knows nothing of how the code decides.
import {describe, expect, test} from 'vitest'
import {ANY_CHANNEL, MAX_CHANNELS, PRESENCE, channelBit, hasChannel, stateBits} from '../../src/message/presence.js'
import {MESSAGE_STATES, possibleStates, stateOf} from '../../src/message/state.js'
import {STATE_ROWS, stateRow, type StateCode} from '../../src/message/state-table.js'
import {OSSIFIED_SECONDS} from '../../src/message/retry-time.js'
import type {PartKind} from '../../src/queue/order.js'

// mess intd todo info chan bounce | code below 36 h | above | state | repair | purge; = as repair
// Rows as the documentation of the queue has them; + there, - not there, ? either; the first that fits counts.
const ALL = 'bounce channels info todo intd mess'
const TABLE = `
- - - - - - | gone              | gone              | -        | -                              | -
+ - - - - - | injecting         | abandoned         | injecting| -                              | -
+ + - - - - | injecting         | abandoned         | injecting| -                              | -
+ ? + - - - | queued            | queued            | todo     | -                              | ${ALL}
+ ? + ? ? - | preprocessing     | preprocessing     | todo     | -                              | ${ALL}
+ - - + - - | finished          | finished          | finished | -                              | ${ALL}
+ - - + - + | bounce-due        | bounce-due        | bouncing | -                              | ${ALL}
+ - - + + ? | pending           | pending           | pending  | -                              | ${ALL}
+ + - + ? ? | leftover-intd     | leftover-intd     | broken   | intd                           | ${ALL}
+ ? + ? ? + | former-bounce     | former-bounce     | broken   | bounce                         | ${ALL}
+ ? - - + ? | orphan-under-new  | info-lost         | broken   | bounce channels intd mess | =
+ ? - - ? + | orphan-under-new  | info-lost         | broken   | bounce channels intd mess | =
- ? + ? ? ? | todo-without-mess | todo-without-mess | broken   | todo intd bounce channels info | =
- + - - ? ? | intd-without-mess | intd-without-mess | broken   | intd bounce channels | =
- ? - + ? ? | info-without-mess | info-without-mess | broken   | bounce channels info intd | =
- - - - + - | orphan-channel    | orphan-channel    | broken   | channels | =
- - - - ? + | orphan-bounce     | orphan-bounce     | broken   | bounce channels | =`
  .trim()
  .split('\n')
  .map(line => {
    const [pattern, young, old, state, repair, purge] = line.split('|').map(cell => cell.trim()) as [
      string,
      StateCode,
      StateCode,
      string,
      string,
      string,
    ]
    return {pattern: pattern.split(' '), young, old, state, repair, purge: purge === '=' ? repair : purge}
  })

const COLUMNS = [PRESENCE.mess, PRESENCE.intd, PRESENCE.todo, PRESENCE.info, channelBit(0), PRESENCE.bounce]
const ALL_COMBINATIONS = Array.from({length: 64}, (_, i) => {
  const present = COLUMNS.map((_bit, column) => ((i >> column) & 1) === 1)
  const presence = COLUMNS.reduce((bits, bit, column) => (present[column] ? bits | bit : bits), 0)
  return {name: present.map(has => (has ? '+' : '-')).join(' '), present, presence}
})
const expectedOf = (present: readonly boolean[]): (typeof TABLE)[number] => {
  const found = TABLE.find(({pattern}) => pattern.every((want, i) => want === '?' || (want === '+') === present[i]))
  if (found === undefined) throw new Error('the transcription has a hole')
  return found
}
const BIT_OF: Readonly<Record<PartKind, number>> = {...PRESENCE, channels: ANY_CHANNEL}
const words = (text: string): string[] => (text === '-' ? [] : text.split(' '))

describe('state table', () => {
  test.each(ALL_COMBINATIONS)('$name', ({present, presence}) => {
    const want = expectedOf(present)
    expect(stateRow(presence).code).toBe(want.young)
    expect(stateRow(presence, OSSIFIED_SECONDS).code).toBe(want.young)
    const old = stateRow(presence, OSSIFIED_SECONDS + 1)
    expect(old.code).toBe(want.old)
    expect(old.repair).toEqual(words(want.repair))
    expect(old.purge).toEqual(words(want.purge))
    expect(old.legal).toBe(want.state !== 'broken')
    expect(old.severity === 'none').toBe(old.legal)
    expect(old.legal && old.repair.length > 0).toBe(false)
    if (presence !== 0) expect(stateOf(presence)).toBe(want.state)
  })

  test('every row is reached by some combination', () => {
    const reached = new Set(
      ALL_COMBINATIONS.flatMap(({presence}) => [stateRow(presence).code, stateRow(presence, 1e9).code]),
    )
    expect([...reached].toSorted()).toEqual(Object.keys(STATE_ROWS).toSorted())
  })

  test('repair makes the state legal, for every combination', () => {
    for (const {presence, name} of ALL_COMBINATIONS)
      for (const age of [0, 1e9]) {
        const {repair, internals} = stateRow(presence, age)
        const after = stateRow(repair.reduce((bits, part) => bits & ~BIT_OF[part], presence), age)
        expect(after.legal, name).toBe(true)
        if (repair.length > 0) expect(after.internals === 'S3' ? 'S2' : after.internals, name).toBe(internals ?? 'S1')
      }
  })

  test('purge leaves nothing behind, or does not begin', () => {
    for (const {presence} of ALL_COMBINATIONS) {
      const {purge} = stateRow(presence, 1e9)
      if (purge.length > 0) expect(purge.reduce((bits, part) => bits & ~BIT_OF[part], presence)).toBe(0)
    }
  })

  test('what may be being injected is never purged and keeps mess and intd in repair', () => {
    for (const {presence} of ALL_COMBINATIONS) {
      const {code, purge, repair} = stateRow(presence)
      if (code !== 'injecting' && code !== 'orphan-under-new') continue
      expect(purge).toEqual([])
      expect(repair).not.toContain('mess')
      expect(repair).not.toContain('intd')
    }
  })

  test('a message with local and remote recipients is as legal as any', () => {
    const presence = PRESENCE.mess | PRESENCE.info | channelBit(0) | channelBit(1)
    expect(stateRow(presence)).toMatchObject({code: 'pending', legal: true, severity: 'none'})
  })
})

describe('presence', () => {
  test('each channel has a bit of its own', () => {
    const bits = Array.from({length: MAX_CHANNELS}, (_, i) => channelBit(i))
    expect(bits.reduce((all, bit) => all | bit, 0)).toBe(ANY_CHANNEL)
    for (const bit of bits) {
      expect(hasChannel(bit)).toBe(true)
      expect(stateBits(bit | PRESENCE.mess)).toBe(33)
    }
    for (const bit of Object.values(PRESENCE)) expect(hasChannel(bit)).toBe(false)
  })
})

describe('state of a message', () => {
  const pending = PRESENCE.mess | PRESENCE.info | channelBit(1)

  test('all recipients done is ending, with a bounce or without', () => {
    expect(stateOf(pending, {pending: 0, stuck: false})).toBe('ending')
    expect(stateOf(pending | PRESENCE.bounce, {pending: 0, stuck: false})).toBe('ending')
    expect(stateOf(pending, {pending: 1, stuck: false})).toBe('pending')
  })

  test('without channel files it is not ending', () => {
    expect(stateOf(PRESENCE.mess | PRESENCE.info, {pending: 0, stuck: false})).toBe('finished')
    expect(stateOf(PRESENCE.mess | PRESENCE.todo, {pending: 0, stuck: false})).toBe('todo')
  })

  test('what qmail-send stumbles over is broken, but half-written envelopes are not', () => {
    expect(stateOf(pending, {pending: 1, stuck: true})).toBe('broken')
    expect(stateOf(PRESENCE.mess | PRESENCE.todo, {pending: 0, stuck: true})).toBe('broken')
    expect(stateOf(PRESENCE.mess | PRESENCE.intd, {pending: 0, stuck: true})).toBe('injecting')
  })

  test('nothing has no state', () => expect(() => stateOf(0)).toThrow(RangeError))

  const CONTENTS = [
    undefined,
    {pending: 0, stuck: false},
    {pending: 2, stuck: false},
    {pending: 0, stuck: true},
  ]

  test('the exact state is always among the possible ones', () => {
    for (const {presence} of ALL_COMBINATIONS.filter(each => each.presence !== 0))
      for (const contents of CONTENTS) {
        const state = stateOf(presence, contents)
        expect(MESSAGE_STATES).toContain(state)
        expect(possibleStates(presence)).toContain(state)
      }
  })
})
