// Records of info, todo, channel and bounce files: reading back what is written, and reading what no qmail writes.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parseBounce, writeBounce} from '../../src/message/bounce.js'
import {countPending, parseChannel, writeChannel} from '../../src/message/channel-records.js'
import {defectText, isStuck} from '../../src/message/defect.js'
import {infoDefects, parseSender, writeInfo} from '../../src/message/info-record.js'
import {parseTodo, writeTodo} from '../../src/message/todo-record.js'

/** Any bytes but NUL, as latin1. */
const address = fc
  .uint8Array({min: 1, max: 255, maxLength: 1003})
  .map(bytes => Buffer.from(bytes).toString('latin1'))
/** A file somewhere in a reused buffer full of other files' bytes. */
const placed = (file: Buffer, before = 3): [Buffer, number, number] => [
  Buffer.concat([Buffer.from('T\0D'.slice(0, before)), file, Buffer.from('T\0Fx\0D\0')]),
  before,
  before + file.length,
]
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const LONG = '\xff'.repeat(1003)

describe('info', () => {
  test('parse and write are inverse', () =>
    fc.assert(
      fc.property(address, sender => {
        const [buffer, start, end] = placed(writeInfo(sender))
        expect(parseSender(buffer, start, end)).toBe(sender)
        expect(infoDefects(buffer, start, end)).toEqual([])
      }),
    ))

  test.each(['', '#@[]', 'owner-@host-@[]', 'a\nb@c', LONG])('sender %j', sender =>
    expect(parseSender(...placed(writeInfo(sender)))).toBe(sender),
  )

  test.each([
    ['', 'no-sender'],
    ['Fa@b', 'unterminated'],
    ['Ta@b\0', 'no-sender'],
    ['\0', 'no-sender'],
    ['Fa@b\0rest', 'trailing-bytes'],
  ])('%j is %s', (file, code) => {
    const [buffer, start, end] = placed(latin1(file))
    expect(infoDefects(buffer, start, end)[0]?.code).toBe(code)
    expect(parseSender(buffer, start, end)).toBe(code === 'trailing-bytes' ? 'a@b' : undefined)
    expect(isStuck(infoDefects(buffer, start, end))).toBe(code !== 'trailing-bytes')
  })

  test('the NUL of the next file in the buffer does not terminate', () => {
    const buffer = latin1('Fa@bFc\0')
    expect(parseSender(buffer, 0, 4)).toBeUndefined()
  })

  test('a NUL or a char beyond a byte is never written', () => {
    expect(() => writeInfo('a\0b')).toThrow(RangeError)
    expect(() => writeInfo('a\u0100')).toThrow(RangeError)
  })
})

describe('channel', () => {
  const recipients = fc.array(fc.record({address, done: fc.boolean()}), {maxLength: 20})

  test('parse and write are inverse; offsets point at T and D; the count agrees', () =>
    fc.assert(
      fc.property(recipients, list => {
        const file = writeChannel(list)
        const [buffer, start, end] = placed(file)
        const parsed = parseChannel(buffer, start, end)
        expect(parsed.recipients.map(each => ({address: each.address, done: each.done}))).toEqual(list)
        expect(parsed.defects).toEqual([])
        expect(parsed.pending).toBe(list.filter(({done}) => !done).length)
        expect(countPending(buffer, start, end)).toBe(parsed.pending)
        for (const {offset, done} of parsed.recipients) expect(file[offset]).toBe(done ? 68 : 84)
      }),
    ))

  test('marking by offset is what qmail-send does', () => {
    const file = writeChannel([
      {address: 'T', done: false},
      {address: 'b@c', done: false},
    ])
    for (const {offset} of parseChannel(file, 0, file.length).recipients) file.write('D', offset)
    expect(file.toString('latin1')).toBe('DT\0Db@c\0')
    expect(parseChannel(file, 0, file.length).pending).toBe(0)
  })

  test('a cut at any byte loses only the last record, and says so', () => {
    const file = writeChannel([
      {address: 'a@b', done: true},
      {address: 'c@d', done: false},
    ])
    for (let cut = 0; cut <= file.length; cut++) {
      const {recipients: left, defects, pending} = parseChannel(file, 0, cut)
      const whole = cut < 5 ? 0 : cut < 10 ? 1 : 2
      expect(left).toHaveLength(whole)
      expect(defects).toEqual(cut === whole * 5 ? [] : [{code: 'unterminated', offset: whole * 5}])
      expect(countPending(file, 0, cut)).toBe(pending)
    }
  })

  test('unknown records are defects with their place, the rest is read', () => {
    const file = latin1('Xa\0\0Tb\0')
    expect(parseChannel(file, 0, file.length)).toEqual({
      recipients: [{address: 'b', done: false, offset: 4}],
      pending: 1,
      defects: [
        {code: 'unknown-record', offset: 0},
        {code: 'unknown-record', offset: 3},
      ],
    })
    expect(isStuck(parseChannel(file, 0, file.length).defects)).toBe(true)
  })

  test('100,000 recipients and an address of 1003 bytes', () => {
    const many = Array.from({length: 100_000}, (_, i) => ({address: `${i}@${LONG}`.slice(0, 1003), done: i % 2 === 0}))
    const file = writeChannel(many)
    const {recipients: all, pending} = parseChannel(file, 0, file.length)
    expect(all).toHaveLength(100_000)
    expect(pending).toBe(50_000)
    expect(all[99_999]).toEqual({address: `99999@${LONG}`.slice(0, 1003), done: false, offset: file.length - 1005})
  })

  test('any bytes at all give an answer', () =>
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), raw => {
        const file = Buffer.from(raw)
        const {recipients: all, pending, defects} = parseChannel(file, 0, file.length)
        expect(countPending(file, 0, file.length)).toBe(pending)
        for (const {code, offset} of defects) {
          expect(offset).toBeLessThan(file.length)
          expect(defectText({code, offset})).toContain(`${offset}`)
        }
        const records = file.toString('latin1').split('\0').length - 1
        expect(all.length + defects.filter(({code}) => code === 'unknown-record').length).toBe(records)
      }),
    ))
})

describe('todo', () => {
  const id = fc.integer({min: 0, max: 2 ** 32 - 1})

  test('parse and write are inverse', () =>
    fc.assert(
      fc.property(id, id, address, fc.array(address, {maxLength: 10}), (uid, pid, sender, recipients) => {
        const envelope = {uid, pid, sender, recipients}
        expect(parseTodo(...placed(writeTodo(envelope)))).toEqual({...envelope, defects: []})
      }),
    ))

  test('the record as qmail-queue writes it', () =>
    expect(writeTodo({uid: 0, pid: 1, sender: '', recipients: ['a@b', 'c']}).toString('latin1')).toBe(
      'u0\0p1\0F\0Ta@b\0Tc\0',
    ))

  test('QUEUE_EXTRA is a recipient, as it is to qmail-send', () => {
    const file = latin1('u0\0p1\0Fs\0Tlog\0Ta@b\0')
    expect(parseTodo(file, 0, file.length).recipients).toEqual(['log', 'a@b'])
  })

  test.each([
    ['', ['no-sender']],
    ['u5\0', ['no-sender']],
    ['u5\0p6\0Fa', ['unterminated', 'no-sender']],
    ['Fa\0Tb', ['unterminated']],
    ['Fa\0Fb\0', ['second-sender']],
    ['Fa\0Xb\0\0', ['unknown-record', 'unknown-record']],
    ['uroot\0Fa\0', []],
  ])('%j', (text, codes) => {
    const file = latin1(text)
    const parsed = parseTodo(file, 0, file.length)
    expect(parsed.defects.map(({code}) => code)).toEqual(codes)
    if (text.startsWith('uroot')) expect(parsed.uid).toBeUndefined()
    if (text.startsWith('Fa\0')) expect(parsed.sender).toBe('a')
  })
})

describe('bounce', () => {
  const bytes = fc.uint8Array({min: 1, max: 255, maxLength: 40}).map(raw => Buffer.from(raw).toString('latin1'))
  const newlines = fc.stringMatching(/^[a\n<>:]{0,12}$/)
  const line = fc.stringMatching(/^[^\n\0]{1,40}$/).map(text => Buffer.from(text).toString('latin1'))

  test('entries are read back', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.array(line, {maxLength: 3})), {maxLength: 5}),
        entries => {
          const file = Buffer.concat(entries.map(([to, reason]) => writeBounce(to, reason.join('\n'))))
          expect(parseBounce(...placed(file, 0))).toEqual({
            entries: entries.map(([recipient, reason]) => ({recipient, reason: reason.join('\n')})),
            defects: [],
          })
        },
      ),
    ))

  test('whatever the report says, it makes one entry of the right recipient', () =>
    fc.assert(
      fc.property(fc.oneof(bytes, newlines), fc.oneof(bytes, newlines), (to, reason) => {
        const file = Buffer.concat([writeBounce(to, reason), writeBounce('next@x', 'ok')])
        const {entries, defects} = parseBounce(file, 0, file.length)
        expect(entries.map(({recipient}) => recipient)).toEqual([to.replaceAll('\n', '_'), 'next@x'])
        expect(defects).toEqual([])
      }),
      {numRuns: 1000},
    ))

  test('the text as addbounce() writes it', () => {
    expect(writeBounce('a\nb@c', 'gone').toString('latin1')).toBe('<a_b@c>:\ngone\n\n')
    expect(writeBounce('a', 'x\n\n\ny\n').toString('latin1')).toBe('<a>:\nx\n//y\n\n')
    expect(writeBounce('a', '').toString('latin1')).toBe('<a>:\n\n')
  })

  test('text of another form, and a cut', () => {
    const file = latin1('hello\nthere\n\n<a@b>:\nno')
    expect(parseBounce(file, 0, file.length)).toEqual({
      entries: [
        {recipient: undefined, reason: 'hello\nthere'},
        {recipient: 'a@b', reason: 'no'},
      ],
      defects: [
        {code: 'unknown-text', offset: 0},
        {code: 'unterminated', offset: 13},
      ],
    })
    expect(parseBounce(file, 0, 0)).toEqual({entries: [], defects: []})
  })
})
