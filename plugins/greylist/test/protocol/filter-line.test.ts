// The line protocol of the filter: what is written is read, what is none is refused.
import * as fc from 'fast-check'
import {expect, test} from 'vitest'

import {slipsOf} from '../../src/protocol/filter-decision.js'
import {formatFilterLine, formatFilterReply, parseFilterLine, parseFilterReply, replyText, type FilterLine} from '../../src/protocol/filter-line.js'

test('any request comes through whole', () => {
  const text = fc.string({unit: 'grapheme', maxLength: 60})
  const connect = fc.record({verb: fc.constant('connect' as const), ip: text.filter(ip => ip !== ''), host: text, overrides: fc.record({delay: text, window: text}, {requiredKeys: []})})
  const envelope = fc.record({
    verb: fc.constant('envelope' as const), ip: text.filter(ip => ip !== ''), host: text, helo: text,
    from: fc.option(text), to: fc.option(text), recipients: fc.nat(1000), end: fc.constantFrom('quit' as const, 'eof' as const, 'idle' as const, 'limit' as const),
  })
  fc.assert(fc.property(fc.oneof(connect, envelope), request => {
    const line = formatFilterLine(request as FilterLine)
    expect(line).toMatch(/^[\x20-\x7e]+\n$/)
    expect(parseFilterLine(line.slice(0, -1))).toEqual(request)
  }))
})

test('no line is taken for what it is not, and none throws', () => {
  fc.assert(fc.property(fc.string({unit: 'binary', maxLength: 200}), line => {
    const parsed = parseFilterLine(line)
    if (parsed !== null) expect(line).toMatch(/^ *(connect|envelope) /)
  }))
})

test.each(['', ' ', 'connect', 'connect ip=', 'connect host=x', 'connect ip', 'CONNECT ip=1', 'frobnicate ip=1', 'connect ip=1\0', 'connect ip=1\u00ff', `connect ip=${'1'.repeat(5000)}`])('%j is no request', line => {
  expect(parseFilterLine(line)).toBeNull()
})

test('unknown names are ignored, of doubles the last counts, bytes that are not UTF-8 stay', () => {
  expect(parseFilterLine('connect ip=1.2.3.4 ip=5.6.7.8 colour=red host=a%E4')).toEqual({verb: 'connect', ip: '5.6.7.8', host: 'a\u00e4', overrides: {}})
})

test('replies: what is written is read', () => {
  for (const reply of [{verb: 'pass'}, {verb: 'grey', seconds: 60, text: 'later'}, {verb: 'grey', seconds: 0, text: ''}, {verb: 'deny', text: 'no'}, {verb: 'fail', text: ''}] as const)
    expect(parseFilterReply(formatFilterReply(reply).slice(0, -1))).toEqual(reply)
  for (const line of ['', 'passed', 'pass ', 'grey', 'grey x', 'grey -1', 'denied', 'PASS']) expect(parseFilterReply(line)).toBeNull()
})

test('no text breaks out of its line', () => {
  expect(replyText('a\r\nb\u001b\u00e9')).toBe('a??b??')
  expect(formatFilterReply({verb: 'grey', seconds: 1.2, text: `x\n250 ok ${'y'.repeat(900)}`})).toMatch(/^grey 2 x\?250 ok y{300,400}\n$/)
})

test('a span in the environment that is none is named', () => {
  const line = {verb: 'connect', ip: '192.0.2.1', host: '', overrides: {delay: 'soon', window: '1h', keep: ''}} as const
  expect(slipsOf(line)).toEqual(['GREYLIST_DELAY "soon"', 'GREYLIST_KEEP ""'])
})
