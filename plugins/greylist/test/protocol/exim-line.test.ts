// greylistd's requests, and the answers that Exim's Debian configuration and greylistd's client expect.
import {expect, test} from 'vitest'

import {requestOfExim} from '../../src/protocol/exim-decision.js'
import {formatEximStatus, parseEximLine} from '../../src/protocol/exim-line.js'

test.each([
  ['192.0.2.1 a@b c@d', {verb: 'update', ask: null, ip: '192.0.2.1', sender: 'a@b', recipient: 'c@d'}],
  ['--grey 192.0.2.1 A@B C@D', {verb: 'update', ask: 'grey', ip: '192.0.2.1', sender: 'a@b', recipient: 'c@d'}],
  ['update --white 2001:db8::1 a@b c@d', {verb: 'update', ask: 'white', ip: '2001:db8::1'}],
  ['check --black 192.0.2.1 a@b c@d', {verb: 'check', ask: 'black'}],
  ['status 192.0.2.1', {verb: 'status', ask: null, ip: '192.0.2.1', sender: null, recipient: null}],
  ['--grey 192.0.2.0/24 <> c@d', {ip: '192.0.2.0/24', sender: '', recipient: 'c@d'}],
  ['--grey 192.0.2.1  c@d', {ip: '192.0.2.1', sender: '', recipient: 'c@d'}],
  ['--grey 192.0.2.1 <a@b> <c@d>', {sender: 'a@b', recipient: 'c@d'}],
  ['add --black 192.0.2.1', {verb: 'add', list: 'black', words: ['192.0.2.1']}],
  ['delete 192.0.2.1 a@b c@d', {verb: 'delete', list: 'white'}],
  ['stats', {verb: 'stats'}],
  ['', {verb: 'error'}],
  ['--grey', {verb: 'error'}],
  ['1.2.3.4 a\0b c', {verb: 'error'}],
  ['x'.repeat(5000), {verb: 'error', message: 'line too long'}],
])('%j', (line, parsed) => {
  expect(parseEximLine(line)).toMatchObject(parsed)
})

test('a colour, or whether it is that', () => {
  expect([formatEximStatus('grey', null), formatEximStatus('grey', 'grey'), formatEximStatus('white', 'grey'), formatEximStatus('unseen', null)]).toEqual(['grey', 'true', 'false', 'unseen'])
})

test('the null sender is asked about at DATA; a net is one of its addresses', () => {
  const ask = (line: string) => requestOfExim(parseEximLine(line) as Parameters<typeof requestOfExim>[0], 'l')
  expect(ask('192.0.2.0/24 <> c@d')).toEqual({client: '192.0.2.0', stage: 'data', listener: 'l', sender: '', recipient: 'c@d'})
  expect(ask('192.0.2.1 a@b c@d')).toMatchObject({stage: 'rcpt'})
  expect(ask('192.0.2.1')).toEqual({client: '192.0.2.1', stage: 'connect', listener: 'l'})
})
