// Postfix's protocol: requests in any pieces, faults told, decisions as actions.
import * as fc from 'fast-check'
import {expect, test} from 'vitest'

import {actionOf, requestOfAttributes} from '../../src/protocol/policy-decision.js'
import {formatPolicyAction, readPolicyRequests} from '../../src/protocol/policy-delegation.js'

const REQUEST = 'request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.1\nsender=a=b@example.org\nrecipient=\n\n'

test('however it is cut, the same requests come out', () => {
  fc.assert(fc.property(fc.array(fc.nat(REQUEST.length * 3), {maxLength: 8}), cuts => {
    const text = REQUEST.repeat(3)
    let rest = ''
    let count = 0
    const places = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b)
    for (const [n, place] of places.entries()) {
      const reading = readPolicyRequests(rest + text.slice(place, places[n + 1] ?? text.length))
      expect(reading.fault).toBeNull()
      count += reading.requests.length
      rest = reading.rest
      for (const attributes of reading.requests) expect(attributes.get('sender')).toBe('a=b@example.org')
    }
    expect({count, rest}).toEqual({count: 3, rest: ''})
  }))
})

test.each([
  ['\n', /empty/], ['GET / HTTP/1.0\r\n', /name=value/], ['request=smtpd_access_policy\n=x\n\n', /name=value/], ['a=b\n\n', /request=/],
  [`request=smtpd_access_policy\nsender=${'x'.repeat(70_000)}`, /64 KiB/], ['request=smtpd_access_policy\na=\0\n\n', /name=value/],
])('%j is a fault', (text, why) => {
  expect(readPolicyRequests(text).fault).toMatch(why)
  expect(readPolicyRequests(REQUEST + text)).toMatchObject({requests: [expect.anything()], fault: expect.stringMatching(why)})
})

test('absent, empty and unknown are the same; before MAIL there is no sender', () => {
  const request = (text: string) => requestOfAttributes(new Map(text.split(' ').map(pair => pair.split('=') as [string, string])), 'unix:/p')
  expect(request('protocol_state=RCPT client_address=::1 client_name=unknown sender= recipient=')).toEqual({client: '::1', stage: 'rcpt', listener: 'unix:/p', sender: ''})
  expect(request('protocol_state=EHLO client_address=::1 sender=')).toEqual({client: '::1', stage: 'helo', listener: 'unix:/p'})
  expect(request('protocol_state=END-OF-MESSAGE client_address=::1 sasl_username=u instance=1')).toMatchObject({stage: 'end', authenticated: 'u', instance: '1', sender: ''})
  expect(request('protocol_state=VRFY client_address=::1')).toBeNull()
})

test('actions', () => {
  expect(actionOf({action: 'pass', reason: 'known'})).toBe('DUNNO')
  expect(actionOf({action: 'pass', reason: 'retried', header: 'X-Greylist: delayed'})).toBe('PREPEND X-Greylist: delayed')
  expect(actionOf({action: 'defer', reason: 'new', text: 'later\nOK'})).toBe('DEFER_IF_PERMIT 4.2.0 later?OK')
  expect(actionOf({action: 'reject', reason: 'block-listed', text: 'no'})).toBe('REJECT 5.7.1 no')
  expect(formatPolicyAction('PREPEND X: a\r\n\r\naction=OK')).toBe('action=PREPEND X: a action=OK\n\n')
})
