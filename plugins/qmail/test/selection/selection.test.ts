// Selections: flags to data, data to judgement, and that nothing is read without need.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {channelBit, PRESENCE} from '../../src/message/presence.js'
import {stateOf} from '../../src/message/state.js'
import {compileSelection} from '../../src/selection/compile.js'
import type {Match, MessageView, Recipient} from '../../src/selection/message-view.js'
import {
  FLAG_SELECTORS,
  idWords,
  isEmptySelection,
  selectionOf,
  selectionText,
  VALUE_SELECTORS,
  type SelectionFlags,
} from '../../src/selection/selection.js'

const NOW = 1_000_000

interface Message {
  number: number | bigint
  presence: number
  sender: string | null
  queuedAt: number | null
  size: number | null
  recipients: readonly Recipient[] | null
  text: string | null
}

const S5 = PRESENCE.mess | PRESENCE.info | channelBit(0) | channelBit(1)
const to = (address: string, channel: string | null = 'remote', done = false): Recipient => ({address, channel, done})
const MESSAGE: Message = {
  number: 42,
  presence: S5,
  sender: 'joe@Example.org',
  queuedAt: NOW - 7_200,
  size: 2048,
  recipients: [to('a@x.example'), to('b@y.example'), to('c@here.example', 'local'), to('d@x.example', 'remote', true)],
  text: 'Subject: =?utf-8?Q?caf=C3=A9?=\nX-Mailer: Bulk\n 2000\n\nthe body\n',
}

const pendingOf = ({recipients}: Message): number => (recipients ?? []).filter(({done}) => !done).length

/** A view that notes which parts were asked for. */
const viewOf = (message: Message): {view: MessageView; asked: string[]} => {
  const asked: string[] = []
  const note = <V>(what: string, value: V): V => {
    asked.push(what)
    return value
  }
  const {text} = message
  const view: MessageView = {
    number: message.number,
    presence: message.presence,
    state: () => note('state', stateOf(message.presence, {pending: pendingOf(message), stuck: false})),
    sender: () => note('sender', message.sender),
    queuedAt: () => note('queuedAt', message.queuedAt),
    size: () => note('size', message.size),
    recipients: () => note('recipients', message.recipients),
    header: () => note('header', text === null ? null : text.slice(0, text.indexOf('\n\n') + 1)),
    searchBody: search =>
      note('body', text === null ? null : search.push(Buffer.from(text, 'latin1'), 0, text.length) || search.finish()),
  }
  return {view, asked}
}
const judge = (flags: SelectionFlags, changes: Partial<Message> = {}): {match: Match | null; asked: string[]} => {
  const {view, asked} = viewOf({...MESSAGE, ...changes})
  return {match: compileSelection(selectionOf(flags), NOW).match(view), asked}
}
const selects = (flags: SelectionFlags, changes: Partial<Message> = {}): boolean => judge(flags, changes).match !== null

describe('each selector and its negation', () => {
  test.each([
    ['id', '42', '41'],
    ['state', 'pending', 'todo'],
    ['sender', 'joe@example.org', 'Joe@example.org'],
    ['sender', '@example.org', '@*.example.org'],
    ['older-than', '1h', '2h'],
    ['newer-than', '3h', '2h'],
    ['larger-than', '1k', '2k'],
    ['smaller-than', '3k', '2048'],
    ['recipient', 'a@X.example', 'd@x.example'],
    ['recipient', '@here.example', '@there.example'],
    ['subject', 'CAFÉ', 'tea'],
    ['subject', '/^caf.$/', '/^caf$/'],
    ['header', 'x-mailer: bulk 2000', 'x-mailer: bulk  2000'],
    ['header', 'X-Mailer:Bulk*', 'X-None: *'],
    ['body', 'THE BODY', 'bulk'],
  ])('--%s %s but not %s', (name, yes, no) => {
    expect(selects({[name]: [yes]})).toBe(true)
    expect(selects({[name]: [no]})).toBe(false)
    expect(selects({[name]: [no, yes]})).toBe(true)
    expect(selects({[`not-${name}`]: [yes]})).toBe(false)
    expect(selects({[`not-${name}`]: [no]})).toBe(true)
    expect(selects({[`not-${name}`]: [no, yes]})).toBe(false)
    expect(selects({[name]: [yes], [`not-${name}`]: [no]})).toBe(true)
    expect(selects({[name]: [yes], [`not-${name}`]: [yes]})).toBe(false)
  })

  test('bounces', () => {
    for (const sender of ['', '#@[]']) {
      expect(selects({bounces: true}, {sender})).toBe(true)
      expect(selects({'not-bounces': true}, {sender})).toBe(false)
    }
    expect(selects({bounces: true})).toBe(false)
    expect(selects({'not-bounces': true})).toBe(true)
    expect(selects({sender: ['']}, {sender: ''})).toBe(true)
    expect(selects({sender: ['<>']}, {sender: '#@[]'})).toBe(false)
  })

  test('different options mean and', () => {
    expect(selects({sender: ['@example.org'], 'older-than': ['1h'], body: ['body']})).toBe(true)
    expect(selects({sender: ['@example.org'], 'older-than': ['3h'], body: ['body']})).toBe(false)
  })

  test('an id beyond 2^53', () => {
    expect(selects({id: ['18446744073709551615']}, {number: 18446744073709551615n})).toBe(true)
    expect(compileSelection(selectionOf({id: ['5', '7']}), NOW).ids).toEqual(new Set([5, 7]))
    expect(compileSelection(selectionOf({'not-id': ['5']}), NOW).ids).toBeUndefined()
  })

  test('what a message does not have, neither an option nor its negation matches', () => {
    const blank: Partial<Message> = {sender: null, queuedAt: null, size: null, recipients: null, text: null}
    for (const [name, value] of Object.entries({
      sender: '*',
      'older-than': '1s',
      'newer-than': '1s',
      'larger-than': '1',
      'smaller-than': '1',
      recipient: '*',
      subject: '*',
      header: 'A: *',
      body: 'x',
    })) {
      expect(selects({[name]: [value]}, blank), name).toBe(false)
      expect(selects({[`not-${name}`]: [value]}, blank), `not-${name}`).toBe(false)
    }
    for (const name of FLAG_SELECTORS) {
      expect(selects({[name]: true}, blank), name).toBe(false)
      expect(selects({[`not-${name}`]: true}, blank), name).toBe(false)
    }
  })
})

describe('by recipient', () => {
  const match = (flags: SelectionFlags, changes: Partial<Message> = {}): unknown => {
    const result = judge(flags, changes).match
    return result && [result.recipients?.map(({address}) => address) ?? null, result.otherPending]
  }

  test('tells who matched and how many others are pending', () => {
    expect(match({recipient: ['@x.example']})).toEqual([['a@x.example'], 2])
    expect(match({recipient: ['@x.example', '/^b/']})).toEqual([['a@x.example', 'b@y.example'], 1])
    expect(match({recipient: ['*']})).toEqual([['a@x.example', 'b@y.example', 'c@here.example'], 0])
    expect(match({sender: ['*']})).toEqual([null, 0])
  })

  test('a recipient that is done does not count', () => {
    expect(match({recipient: ['d@x.example']})).toBeNull()
    expect(match({'not-recipient': ['d@x.example']})).toEqual([null, 0])
  })

  test('channels', () => {
    expect(match({local: true})).toEqual([['c@here.example'], 2])
    expect(match({remote: true})).toEqual([['a@x.example', 'b@y.example'], 1])
    expect(match({local: true, remote: true})).toEqual([['a@x.example', 'b@y.example', 'c@here.example'], 0])
    expect(match({'not-local': true})).toBeNull()
    expect(match({remote: true, recipient: ['c@here.example']})).toBeNull()
    expect(match({remote: true, recipient: ['*']})).toEqual([['a@x.example', 'b@y.example'], 1])
    expect(match({local: true, remote: true, recipient: ['@x.example']})).toBeNull()
    expect(match({remote: true}, {recipients: [to('a@b', 'suppl0')]})).toEqual([['a@b'], 0])
    expect(match({'not-local': true}, {recipients: [to('a@b', 'suppl0')]})).toEqual([null, 0])
  })

  test('of a message not yet preprocessed the channel is unknown: neither local nor its negation', () => {
    const changes = {recipients: [to('a@b', null)]}
    for (const flag of ['local', 'not-local', 'remote', 'not-remote'])
      expect(match({[flag]: true}, changes), flag).toBeNull()
    expect(match({recipient: ['a@b']}, changes)).toEqual([['a@b'], 0])
  })

  test('a negation rules out the message', () => {
    expect(match({recipient: ['@x.example'], 'not-recipient': ['b@y.example']})).toBeNull()
    expect(match({'not-recipient': ['@z.example']})).toEqual([null, 0])
  })

  test('byRecipient is true only where a message may match in part', () => {
    const by = (flags: SelectionFlags): boolean => compileSelection(selectionOf(flags), NOW).byRecipient
    expect([by({recipient: ['a']}), by({local: true}), by({remote: true})]).toEqual([true, true, true])
    for (const flags of [{'not-recipient': ['a']}, {'not-local': true}, {sender: ['a']}, {}])
      expect(by(flags), JSON.stringify(flags)).toBe(false)
  })
})

describe('reading', () => {
  const value: Record<string, string> = {
    id: '42',
    state: 'pending',
    header: 'A: b',
    'older-than': '1s',
    'newer-than': '1w',
  }

  test('only what is needed is asked, and needs says so beforehand', () =>
    fc.assert(
      fc.property(
        fc.subarray([...VALUE_SELECTORS]),
        fc.boolean(),
        fc.subarray([...FLAG_SELECTORS]),
        (names, negated, flagNames) => {
          const flags = {
            ...Object.fromEntries(names.map(name => [`${negated ? 'not-' : ''}${name}`, [value[name] ?? '1']])),
            ...Object.fromEntries(flagNames.map(name => [name, true])),
          }
          const compiled = compileSelection(selectionOf(flags), NOW)
          const {view, asked} = viewOf(MESSAGE)
          compiled.match(view)
          for (const what of asked) expect(compiled.needs[what as keyof typeof compiled.needs], what).toBe(true)
          const order = ['sender', 'queuedAt', 'size', 'state', 'recipients', 'header', 'body']
          expect(asked).toEqual(asked.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)))
        },
      ),
    ))

  test('nothing selected, nothing asked', () => {
    expect(judge({})).toEqual({match: {recipients: null, otherPending: 0}, asked: []})
    expect(judge({id: ['1'], sender: ['*'], body: ['x']}).asked).toEqual([])
  })

  test('a cheap no spares the dear questions', () =>
    expect(judge({sender: ['nobody@x'], recipient: ['*'], subject: ['*'], body: ['x']}).asked).toEqual(['sender']))

  test('a state that the files exclude is not read for', () => {
    expect(judge({state: ['todo']}).asked).toEqual([])
    expect(judge({'not-state': ['todo']})).toMatchObject({match: {otherPending: 0}, asked: []})
    expect(judge({state: ['pending']}).asked).toEqual(['state'])
    expect(judge({state: ['pending', 'ending', 'broken']}).asked).toEqual([])
  })

  test('marked by a live purge is ending', () => {
    const recipients = MESSAGE.recipients!.map(each => ({...each, done: true}))
    expect(selects({state: ['ending']}, {recipients})).toBe(true)
    expect(selects({state: ['pending']}, {recipients})).toBe(false)
    expect(selects({recipient: ['*']}, {recipients})).toBe(false)
  })
})

describe('as data', () => {
  test('flags of other purposes and empty lists are ignored', () => {
    expect(selectionOf({json: true, queue: 'x', sender: [], bounces: false, 'not-local': false})).toEqual({})
    expect(isEmptySelection(selectionOf({limit: 5}))).toBe(true)
    expect(isEmptySelection(selectionOf({'not-local': true}))).toBe(false)
  })

  test('it survives JSON and says the same', () => {
    const selection = selectionOf({sender: ['a@b', ''], 'not-subject': ["it's"], local: true, 'not-bounces': true})
    expect(JSON.parse(JSON.stringify(selection))).toEqual(selection)
    expect(selectionText(selection)).toBe(`--sender=a@b --sender='' --not-subject='it'\\''s' --not-bounces --local`)
  })

  test('ids from stdin', () => expect(idWords(' 1\n2\t3\r\n\n')).toEqual(['1', '2', '3']))

  test.each([
    [{id: ['x']}, "--id 'x'"],
    [{'not-id': ['01']}, "--not-id '01'"],
    [{state: ['odd']}, "--state 'odd'"],
    [{'not-state': ['odd']}, "--not-state 'odd'"],
    [{sender: ['/(/']}, "--sender '/(/'"],
    [{'not-recipient': ['@']}, "--not-recipient '@'"],
    [{'older-than': ['2']}, "--older-than '2'"],
    [{'smaller-than': ['x']}, "--smaller-than 'x'"],
    [{header: ['no colon']}, "--header 'no colon'"],
    [{header: [': x']}, "--header ': x'"],
    [{subject: ['/(/']}, "--subject '/(/'"],
    [{body: ['']}, "--body ''"],
    [{local: true, 'not-local': true}, '--not-local'],
  ])('%j is refused', (flags, named) => {
    const compile = (): unknown => compileSelection(selectionOf(flags), NOW)
    expect(compile).toThrow(named)
    expect(compile).toThrow(expect.objectContaining({name: 'OpsError', code: 'USAGE', oclif: {exit: 64}}))
  })
})
