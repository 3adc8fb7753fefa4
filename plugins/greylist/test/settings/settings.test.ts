// The settings file: what it may say, and how it is told that it is wrong.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import fc from 'fast-check'
import {expect, test} from 'vitest'

import {durationOrNull} from '../../src/settings/duration.js'
import {parseListener} from '../../src/settings/listener.js'
import {fileSchema} from '../../src/settings/schema.js'
import {defaultSettings, mergeSettings, parseSettingsFile} from '../../src/settings/settings.js'

const defaults = defaultSettings({socket: '/run/mailops/greylist.sock', db: '/var/lib/mailops/greylist/greylist.db'})
const read = (value: unknown) => mergeSettings(defaults, parseSettingsFile(JSON.stringify(value), 'greylist.json'), {file: 'greylist.json'})

test('everything that can be said', () => {
  const settings = read({
    socket: 'unix:/run/g.sock,mode=0660,group=nofiles',
    policy: ['inet:127.0.0.1:10023,delay=5m', {listen: 'unix:/p.sock', mode: '0660', group: 'postfix', text: 'later, please'}],
    exim: ['/e.sock'],
    delay: '2m', window: '1h30m', keep: '40d', ipv4: 28, learning: true, log: 'classic', metrics: '[::1]:9125',
    store: 'redis://127.0.0.1:6379/0', limits: {perGroup: 10},
    allow: ['192.0.2.0/24', 'a@b.example', {domain: 'example.com', note: 'partner'}], optOut: ['x@here.example'],
  })
  expect(settings).toMatchObject({
    delay: 120_000, window: 5_400_000, keep: 3_456_000_000, ipv4: 28, ipv6: 64, learning: true, log: 'classic',
    metrics: {host: '::1', port: 9125},
    limits: {perGroup: 10, pending: 2_000_000},
    socket: {name: 'unix:/run/g.sock', address: {path: '/run/g.sock'}, mode: 0o660, group: 'nofiles'},
    policy: [{name: 'inet:127.0.0.1:10023', timing: {delay: 300_000}}, {address: {path: '/p.sock'}, text: 'later, please'}],
  })
  expect(settings.rules).toHaveLength(4)
  expect(read({})).toMatchObject({delay: 60_000, window: 86_400_000, keep: 36 * 86_400_000, ipv4: 24, ipv6: 64})
})

test.each([
  [{dealy: '60s'}, /"dealy" is no setting/],
  [{delay: 'soon'}, /"delay" must be a span of time/],
  [{delay: '2d'}, /"window" must be longer than "delay"/],
  [{policy: 'inet:1.2.3.4:5'}, /"policy" must be a list/],
  [{policy: ['inet:1.2.3.4']}, /"policy\[0\]" .*no host and port/],
  [{policy: [{listen: 'unix:/p', mod: '0600'}]}, /"policy\[0\]" .*option 'mod/],
  [{exim: ['unix:relative']}, /"exim\[0\]" .*absolute path/],
  [{allow: ['192.0.2.0/33']}, /"allow\[0\]"/],
  [{allow: ['example.com']}, /"allow\[0\]" .*may be a domain/],
  [{block: [{ip: 'nonsense'}]}, /"block\[0\]" .*no entry of kind ip/],
  [{ipv4: 40}, /"ipv4" must be at most 32/],
  [{limits: {pending: 0}}, /"limits.pending" must be at least 1/],
  [{text: 'two\nlines'}, /"text" must be one line/],
  [{log: 'xml'}, /"log" must be json, classic or off/],
  [{learning: 'yes'}, /"learning" must be true or false/],
  [[], /greylist.json: /],
])('%j is refused', (value, message) => {
  expect(() => read(value)).toThrowError(message)
  try {
    read(value)
  } catch (error) {
    expect(error).toMatchObject({code: 'BAD_SETTINGS', oclif: {exit: 78}})
    expect((error as Error).message).toMatch(/^greylist\.json: /)
  }
})

test('what is not JSON is told where', () => {
  expect(() => parseSettingsFile('{"delay": ', 'greylist.json')).toThrowError(/greylist\.json:1: is not JSON: /)
  for (const [text, line] of [
    ['{\n  "delay": "5m",\n  "window": ,\n  "keep": "9d"\n}\n', 3],
    ['{\n  "delay": "5m"\n  "window": "1h"\n}', 3],
    ['{\n  "delay": "5m"\n\n', 2],
    ['{"delay": "5m"}\n\n}\n', 3],
    ['{\n  "note": "a\nb"\n}', 2],
  ] as const) expect(() => parseSettingsFile(text, 'f')).toThrowError(new RegExp(`^f:${line}: is not JSON: .*$`))
})

test('flags go before the file', () => {
  expect(mergeSettings(defaults, parseSettingsFile('{"delay": "5m"}', 'f'), {overrides: {delay: 1000, window: undefined}})).toMatchObject({delay: 1000, window: 86_400_000})
})

test('spans of time', () => {
  expect(['90', '90s', '1h30m', '36d', '250ms', '2w'].map(durationOrNull)).toEqual([90_000, 90_000, 5_400_000, 36 * 86_400_000, 250, 14 * 86_400_000])
  for (const wrong of ['', 'h', '1y', '-5s', '1.5h', '5 m', '1h 30m', '99999999d']) expect(durationOrNull(wrong)).toBeNull()
  fc.assert(
    fc.property(fc.integer({min: 0, max: 3650}), days => {
      expect(durationOrNull(`${days}d`)).toBe(durationOrNull(`${days * 24}h`))
    }),
  )
})

test.each(['', 'tcp:1.2.3.4:5', 'inet:host:99999', 'unix:/a,mode=999', 'unix:/a,group=', 'inet:h:1,mode=0600', `unix:/${'x'.repeat(200)}`, 'unix:/a,delay=soon', 'inet:::1:25'])(
  'the listener %j is refused',
  text => expect(() => parseListener(text)).toThrowError(expect.objectContaining({code: 'BAD_LISTENER'}) as Error),
)

test('comments and a comma too many are allowed, and an error behind them has its line', () => {
  const text = '// of 2026\n{\n  /* soon\n  */ "delay": "2m", // was 60s\n  "text": "see https://example.com/grey // now",\n}\n'
  expect(parseSettingsFile(text, 'f')).toMatchObject({delay: 120_000, text: 'see https://example.com/grey // now'})
  expect(() => parseSettingsFile(text.replace('"2m",', '2m,'), 'greylist.json')).toThrow(/^greylist\.json:4: is not JSON/)
})

test('the settings file of the package says nothing, and every comment in it that is a setting is the default', () => {
  const file = readFileSync(join(import.meta.dirname, '../../../../share/greylist.json'), 'utf8')
  expect(parseSettingsFile(file, 'f')).toEqual({})
  const said = parseSettingsFile(file.replaceAll(/^( *)\/\/ (?=")/gm, '$1'), 'f')
  const {resolver, policy, exim, store, metrics, allow, block, optOut, optIn, ...members} = said
  const {limits, ...rest} = mergeSettings(defaults, members)
  expect({...rest, limits}).toEqual(defaults)
  expect({resolver, store, metrics, block, optIn}).toEqual({resolver: '127.0.0.1', store: 'redis://127.0.0.1:6379/0', metrics: {host: '127.0.0.1', port: 9125}, block: [], optIn: []})
  expect([policy, exim, allow, optOut].map(list => list?.length)).toEqual([1, 1, 2, 1])
  // All that can be said but what belongs to the place: user, group, socket and db are the unit's.
  expect(Object.keys(said).toSorted()).toEqual(Object.keys(fileSchema.entries).filter(name => !['$schema', 'socket', 'db', 'user', 'group'].includes(name)).toSorted())
})
