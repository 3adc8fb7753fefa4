// Path maps by Windows rules, on any host
import {describe, expect, test} from 'vitest'

import {checkMaps, mapValue, parseMap} from '../../dist/value/map-path.js'

const w = String.raw
const after = (value: string, ...maps: string[]): string => mapValue(value, maps.map(parseMap)).after

describe('one map', () => {
  test.each([
    [w`C:\SmarterMail`, w`D:\Mail`],
    [w`c:\SMARTERMAIL\Domains\x`, w`D:\Mail\Domains\x`],
    ['c:/smartermail/Domains/x/', 'D:/Mail/Domains/x/'],
    [w`C:\SmarterMail\\Domains`, w`D:\Mail\\Domains`],
    [w`C:\SmarterMail2`, w`C:\SmarterMail2`],
    [w`C:\SmarterMail2\x`, w`C:\SmarterMail2\x`],
    [w`C:\SmarterMail Old\x`, w`C:\SmarterMail Old\x`],
    [w`xC:\SmarterMail`, w`xC:\SmarterMail`],
    [w`\\?\C:\SmarterMail\x`, w`\\?\D:\Mail\x`],
    [w`"C:\SmarterMail\a b.exe" --in C:\SmarterMail\y`, w`"D:\Mail\a b.exe" --in D:\Mail\y`],
    [w`Data Source=C:\SmarterMail\a.db;Version=3`, w`Data Source=D:\Mail\a.db;Version=3`],
    [w`C:\SmarterMail\a;C:\Other\b,C:\SmarterMail`, w`D:\Mail\a;C:\Other\b,D:\Mail`],
    ['http://c:/SmarterMail', 'http://c:/SmarterMail'],
    [w`C:\Other`, w`C:\Other`],
    ['', ''],
  ])('%s', (value, wanted) => expect(after(value, w`C:\SmarterMail\=D:\Mail`)).toBe(wanted))
})

describe('several maps', () => {
  test('the longest wins, whatever the order', () => {
    const maps = [w`C:\SmarterMail=D:\Mail`, w`C:\SmarterMail\Domains=E:\Domains`, 'C:=F:']
    for (const order of [maps, maps.toReversed()]) {
      expect(after(w`C:\SmarterMail\Domains\x`, ...order)).toBe(w`E:\Domains\x`)
      expect(after(w`C:\SmarterMail\Domains2\x`, ...order)).toBe(w`D:\Mail\Domains2\x`)
      expect(after(w`C:\Windows`, ...order)).toBe(w`F:\Windows`)
    }
  })
  test('drives change places without a chain', () => {
    expect(after(w`C:\a;D:\b`, 'C:=D:', 'D:=C:')).toBe(w`D:\a;C:\b`)
    expect(after('D:', 'C:=D:', 'D:=C:')).toBe('C:')
  })
  test('two new places for one prefix are refused, the same twice is not', () => {
    expect(() => checkMaps([w`C:\a=D:\a`, w`c:/A/=E:\a`].map(parseMap))).toThrow(/two new places/)
    expect(() => checkMaps([w`C:\a=D:\a`, w`C:\a=D:\a`].map(parseMap))).not.toThrow()
  })
})

describe('shares, drives, POSIX', () => {
  test.each([
    [w`\\NAS01\mail\x`, w`\\nas01\mail=\\nas02\post`, w`\\nas02\post\x`],
    [w`"C:\SmarterMail\a b.exe" -o C:\SmarterMail\y`, w`C:\SmarterMail=/srv/mail`, '"/srv/mail/a b.exe" -o /srv/mail/y'],
    ['/usr/bin/scan --db /var/lib/smartermail/db /tmp/x', '/var/lib/smartermail=/srv/mail', '/usr/bin/scan --db /srv/mail/db /tmp/x'],
    ['java -jar /var/lib/smartermail/x.jar', '/var/lib/smartermail=/srv/mail', 'java -jar /srv/mail/x.jar'],
    ['/var/lib/smartermail/My Mail', '/var/lib/smartermail=/srv/mail', '/srv/mail/My Mail'],
    [w`\\nas01\mail2\x`, w`\\nas01\mail=\\nas02\post`, w`\\nas01\mail2\x`],
    ['//nas01/mail/x', w`\\nas01\mail=E:\M`, 'E:/M/x'],
    [w`\\?\UNC\nas01\mail\x`, w`\\nas01\mail=\\nas02\post`, w`\\?\UNC\nas02\post\x`],
    [w`C:\Mail`, w`C:\Mail=D:`, 'D:\\'],
    [w`C:\SmarterMail\Domains\x\ `.trim(), w`C:\SmarterMail=/var/lib/smartermail`, '/var/lib/smartermail/Domains/x/'],
    ['c:/SmarterMail/a b\\c', w`C:\SmarterMail=/var/lib/smartermail`, '/var/lib/smartermail/a b/c'],
    ['/var/lib/smartermail/Domains/x', w`/var/lib/smartermail=C:\SM`, w`C:\SM\Domains\x`],
    ['/var/lib/SmarterMail/x', '/var/lib/smartermail=/srv', '/var/lib/SmarterMail/x'],
    ['/var/lib/smartermail2', '/var/lib/smartermail=/srv', '/var/lib/smartermail2'],
  ])('%s with %s', (value, map, wanted) => expect(after(value, map)).toBe(wanted))
})

describe('what cannot be told is refused', () => {
  test.each([
    [w`C:\SmarterMail /s`, w`C:\SmarterMail=D:\M`],
    [w`run C:\SmarterMail Old`, w`C:\SmarterMail=D:\M`],
    ['file:///C:/SmarterMail/x', w`C:\SmarterMail=D:\M`],
    [w`run C:\SmarterMail\a b`, w`C:\SmarterMail=/srv`],
  ])('%s', (value, map) => {
    const {ambiguous, after: same} = mapValue(value, [parseMap(map)])
    expect(ambiguous).not.toBeNull()
    expect(same).toBe(value)
  })
  test('a map that is none', () => {
    for (const text of ['x', 'a=b', w`C:\x`, w`=C:\x`, w`C:\x=`, 'C=D']) expect(() => parseMap(text)).toThrow(/OLD=NEW/)
    // What is left of them where a shell took the backslashes.
    for (const text of ['C:SmarterMail=D:Mail', w`C:\x=D:Mail`, w`C:x=D:\x`]) expect(() => parseMap(text)).toThrow(/quoted/)
  })
})
