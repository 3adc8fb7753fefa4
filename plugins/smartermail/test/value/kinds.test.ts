// Which values matter, by what they are and what they are called
import {describe, expect, test} from 'vitest'

import {addressesIn, hasRange, mapAddresses, sameAddress} from '../../dist/value/address.js'
import {classify} from '../../dist/value/classify.js'
import {redact} from '../../dist/value/redact.js'
import {isDomainName} from '../../dist/inventory/find-domains.js'
import {comparable} from '../../dist/check/domains.js'

test.each([
  ['spoolPath', String.raw`C:\SmarterMail\Spool`, 'path'], ['x', 'D:', null], ['x', 'D:\\', 'path'], ['cmd', String.raw`"C:\a b\c.exe" /x`, 'path'],
  ['x', '/var/lib/smartermail', 'path'], ['x', 'and/or', null], ['x', String.raw`\\nas\mail`, 'path'],
  ['dns1', '192.0.2.53', 'dns'], ['PrimaryDNS', '2001:db8::53', 'dns'], ['dnsbl', '127.0.0.2', 'address'], ['reverseDns', '192.0.2.1', 'address'], ['bind', '192.0.2.1:25', 'address'],
  ['version', '16.3.6.2', null], ['x', '1.2.3', null], ['x', '999.1.1.1', null], ['x', '12:30:15', null],
  ['smtpPort', '25', 'port'], ['BoundPort', '9998', 'port'], ['smtp_port', '0', null], ['report', '25', null], ['import', '80', null],
  ['feed', 'https://example.com/x', 'url'], ['sysAdminPassword', 'abc', 'secret'], ['sysAdminPasswordHash', 'abc', 'secret'], ['dkim_private_key', 'abc', 'secret'],
  ['password_encrypted', 'abc', 'secret'], ['PasswordFile', String.raw`C:\x\y`, 'path'], ['requirePassword', 'true', null], ['passwordMinLength', '8', null], ['passiveFtp', 'abc', null], ['x', 'hello', null], ['x', '', null],
])('%s = %s is %s', (name, value, kind) => expect(classify({name, context: ''}, value)).toBe(kind))

test('a key attribute beside a value names it', () => {
  expect(classify({name: 'value', context: 'add PrimaryDNS'}, '192.0.2.53')).toBe('dns')
  expect(classify({name: 'value', context: 'add AdminPassword'}, 'x')).toBe('secret')
})

describe('addresses', () => {
  test('are found whole, with ports, in lists and URLs', () => {
    expect(addressesIn('192.0.2.1:25, [2001:db8::1]:25;http://198.51.100.2/x 1.2.3.4.5 a1.2.3.4').map(({text}) => text)).toEqual(['192.0.2.1', '2001:db8::1', '198.51.100.2'])
  })
  test('are found in ranges, which are told', () => {
    expect(addressesIn('192.0.2.1-192.0.2.9').map(({text}) => text)).toEqual(['192.0.2.1', '192.0.2.9'])
    expect(addressesIn('192.0.2.1-x host-192.0.2.1').map(({text}) => text)).toEqual([])
    for (const value of ['192.0.2.1-192.0.2.9', '192.0.2.1 - 192.0.2.9']) expect(hasRange(value), value).toBe(true)
    for (const value of ['192.0.2.1;192.0.2.9', '192.0.2.1', '192.0.2.1 -x 192.0.2.9']) expect(hasRange(value), value).toBe(false)
  })
  test('are compared as addresses and replaced on the old value only', () => {
    expect(sameAddress('2001:db8::1', '2001:0DB8:0:0:0:0:0:1')).toBe(true)
    expect(mapAddresses('192.0.2.1;192.0.2.10;192.0.2.2', [{from: '192.0.2.1', to: '192.0.2.2'}, {from: '192.0.2.2', to: '192.0.2.1'}])).toBe('192.0.2.2;192.0.2.10;192.0.2.1')
  })
})

test('passwords in URLs and connection strings are not shown', () => {
  for (const value of ['ftp://u:secret@h/x', 'Server=x;Password=secret;Db=y', 'tool --token=secret -x', 'pwd: "secret"']) expect(redact(value)).not.toContain('secret')
  expect(redact(String.raw`C:\Users\x`)).toBe(String.raw`C:\Users\x`)
})

test('domain names, also in other scripts; file names are none', () => {
  for (const name of ['example.com', 'b&b.example', 'müller.example', 'xn--mller-kva.example', 'пример.рф']) expect(isDomainName(name)).toBe(true)
  for (const name of ['example', 'domainList.xml', '192.0.2.1', 'a b.example', '.example', 'a..b', 'clam.exe']) expect(isDomainName(name)).toBe(false)
  expect(comparable('MÜLLER.example')).toBe(comparable('xn--mller-kva.example'))
})
