// mailops smartermail migrate as a user runs it: diff, copy, undo, delta, refusals
import {appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {spawn} from 'node:child_process'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {ENCODINGS, SHAPES, encoded} from '../support/installation.js'
import {makeWorld, picture, type World} from './world.js'

const MAP = ['--map', String.raw`C:\SmarterMail=D:\Mail`]
const migrate = (world: World, ...args: readonly string[]) => world.run('smartermail', 'migrate', world.installed.service, world.target, ...args)
const whole = (world: World, ...args: readonly string[]) => migrate(world, ...MAP, '--domains', world.data, ...args)
const target = (world: World, name: string): string => join(world.target, name)

describe.each(ENCODINGS.map((encoding, n) => ({shape: SHAPES[n % SHAPES.length]!, encoding})))('$shape in $encoding', ({shape, encoding}) => {
  test('paths move, all else stays byte for byte, undo brings the target back', () => {
    const world = makeWorld({shape, encoding, domains: [{name: 'example.com'}, {name: 'b&b.example'}]})
    writeFileSync(target(world, 'domainList.xml'), 'old and broken')
    chmodSync(target(world, 'domainList.xml'), 0o604)
    const before = picture(world.target)
    const done = whole(world, '--dns', 'system', '--ip', '192.0.2.10=198.51.100.10', '--yes')
    expect(done.status, done.stderr).toBe(0)
    const bytes = readFileSync(join(world.installed.service, 'domainList.xml'))
    const now = readFileSync(target(world, 'domainList.xml'))
    const swap = (from: string, to: string, all: Buffer): Buffer =>
      Buffer.from(all.toString('latin1').replaceAll(encoded(from, encoding).subarray(bom(encoding)).toString('latin1'), encoded(to, encoding).subarray(bom(encoding)).toString('latin1')), 'latin1')
    expect(now.equals(swap('192.0.2.10"', '198.51.100.10"', swap('>192.0.2.10<', '>198.51.100.10<', swap(String.raw`C:\SmarterMail`, String.raw`D:\Mail`, bytes))))).toBe(true)
    expect(statSync(target(world, 'domainList.xml')).mode & 0o777).toBe(0o604)
    expect(readFileSync(target(world, 'greyList.dat')).equals(readFileSync(join(world.installed.service, 'greyList.dat')))).toBe(true)
    expect(readFileSync(join(world.data, 'b&b.example/Users/info/1.grp')).length).toBe(1001)
    expect(world.run('undo', 'last', '--yes').status).toBe(0)
    expect(picture(world.target)).toEqual(before)
    expect(existsSync(world.data)).toBe(false)
  })
})

const bom = (encoding: string): number => (encoding.startsWith('utf-16') ? 2 : encoding === 'utf-8-bom' ? 3 : 0)

describe.each([{linux: false}, {linux: true}])('JSON era, linux: $linux', ({linux}) => {
  test('the same', () => {
    const world = makeWorld({json: true, linux})
    const from = linux ? '/var/lib/smartermail' : String.raw`C:\SmarterMail`
    const done = migrate(world, '--map', `${from}=${world.data}`, '--dns', '198.51.100.53', '--yes')
    expect(done.status, done.stderr).toBe(0)
    const name = linux ? 'domains.json' : 'Settings/domains.json'
    const text = readFileSync(target(world, name), 'utf8')
    expect(text).toContain('9007199254740993123')
    expect(text.charCodeAt(0)).toBe(0xfeff)
    expect(JSON.parse(text.slice(1)).domains['example.com'].data_path).toBe(join(world.data, 'Domains/example.com'))
    expect(readFileSync(target(world, name.replace('domains', 'settings')), 'utf8')).toContain('"dns_server_1": "198.51.100.53"')
    // The data and the spool went to their mapped paths, which are paths of this host.
    expect(statSync(join(world.data, 'Domains/example.net/Users/info/0.grp')).size).toBe(1000)
    expect(world.run('undo', 'last', '--yes').status).toBe(0)
    expect(picture(world.target)).toEqual({})
    expect(existsSync(world.data)).toBe(false)
  })
})

test('an option that changes no value is told: it is a typing error', () => {
  const world = makeWorld()
  const {stderr, status} = whole(world, '--map', String.raw`C:\SmarterMial=E:\x`, '--ip', '192.0.2.99=198.51.100.9', '--ip', '192.0.2.10=198.51.100.10', '--dry-run')
  expect(status).toBe(0)
  expect(stderr).toContain(String.raw`--map C:\SmarterMial=E:\x changes no value`)
  expect(stderr).toContain('--ip 192.0.2.99=198.51.100.9 changes no value')
  expect(stderr.match(/changes no value/g)).toHaveLength(2)
})

test('a dry run shows every edit and writes nothing; secrets are in no output and no journal', () => {
  const world = makeWorld()
  const set = ['--set', 'mailConfig.xml:/MailConfig/sysAdminPassword=NewSecret-1', '--set', '/MailConfig/smtpPort=2525']
  const shown = whole(world, '--dns', '198.51.100.53', ...set, '--dry-run')
  expect(shown.status, shown.stderr).toBe(0)
  expect(shown.stdout).toContain(String.raw`-C:\SmarterMail\Domains\b&b.example`)
  expect(shown.stdout).toContain(String.raw`+D:\Mail\Domains\b&b.example`)
  expect(shown.stdout).toContain('@@ /MailConfig/dns2 (line 13) @@')
  expect(shown.stdout).toContain('+2525')
  expect(existsSync(world.data)).toBe(false)
  expect(picture(world.target)).toEqual({})
  const document = world.json('smartermail', 'migrate', world.installed.service, world.target, ...MAP, '--domains', world.data, ...set, '--dry-run')
  expect(document.edits).toHaveLength(7)
  const done = whole(world, ...set, '--yes')
  expect(done.status).toBe(0)
  expect(readFileSync(target(world, 'mailConfig.xml'), 'utf8')).toContain('NewSecret-1')
  const journals = Object.values(picture(join(world.base, 'state/journal'))).map(text => Buffer.from(text.split(' ')[2]!, 'base64').toString())
  for (const text of [shown.stdout, shown.stderr, JSON.stringify(document), done.stdout, done.stderr, ...journals])
    for (const secret of ['NewSecret', 'hunter2', 's3cret']) expect(text).not.toContain(secret)
})

describe('refused, and nothing is changed', () => {
  const refusals: [string, (world: World) => void, string[], number, RegExp][] = [
    ['no place for the data', () => undefined, [...MAP, '--yes'], 64, /--domains/],
    ['without --yes', () => undefined, ['--config-only'], 64, /--yes/],
    ['an ambiguous value', world => replaceIn(world, 'mailConfig.xml', '<banner', String.raw`<run>C:\SmarterMail /x</run><banner`), [...MAP, '--config-only', '--yes'], 64, /--set 'mailConfig\.xml:\/MailConfig\/run=/],
    ['an end of a range of addresses', world => replaceIn(world, 'mailConfig.xml', '<banner', '<allow>192.0.2.10-192.0.2.20</allow><banner'), ['--ip', '192.0.2.10=198.51.100.10', '--config-only', '--yes'], 64, /range/],
    ['three DNS servers', world => replaceIn(world, 'mailConfig.xml', '<smtpPort', '<dns3>192.0.2.55</dns3><smtpPort'), ['--dns', 'system', '--config-only', '--yes'], 64, /3 settings/],
    ['too many DNS servers', () => undefined, ['--dns', '1.1.1.1,2.2.2.2,3.3.3.3', '--config-only', '--yes'], 64, /left over/],
    ['no DNS setting', world => replaceIn(world, 'mailConfig.xml', /<dns\d>.*\n?/g, ''), ['--dns', '1.1.1.1', '--config-only', '--yes'], 64, /no setting/],
    ['a location that is none', () => undefined, ['--set', '/MailConfig/x=1', '--config-only', '--yes'], 64, /no value has that location/],
    ['a broken source', world => replaceIn(world, 'domainList.xml', '</DomainList>', ''), [...MAP, '--config-only', '--yes'], 65, /domainList\.xml:\d+:\d+/],
    ['a document type', world => replaceIn(world, 'domainList.xml', '<DomainList>', '<!DOCTYPE x><DomainList>'), [...MAP, '--config-only', '--yes'], 65, /DOCTYPE/],
    ['a path in a value with a comment', world => replaceIn(world, 'mailConfig.xml', '</spoolPath>', '<!-- x --></spoolPath>'), [...MAP, '--config-only', '--yes'], 65, /spoolPath cannot be changed/],
    ['a wrong address', () => undefined, ['--ip', '1.2.3=4.5.6.7', '--config-only', '--yes'], 64, /IP addresses/],
    ['a file that is not there', () => undefined, ['--config-only', '--files', 'nothing.xml', '--yes'], 66, /nothing\.xml/],
    ['the other era', world => { mkdirSync(target(world, 'Settings')); writeFileSync(target(world, 'Settings/domains.json'), '{}') }, ['--config-only', '--yes'], 65, /era/],
    ['a link in the way', world => { mkdirSync(world.data); symlinkSync('/tmp', join(world.data, 'example.com')) }, [...MAP, '--yes', '--domains', 'DATA'], 65, /symbolic link/],
    ['a huge file', world => writeFileSync(join(world.installed.service, 'huge.xml'), Buffer.alloc(200 * 1024 * 1024, 0x20)), ['--config-only', '--yes'], 65, /huge\.xml/],
  ]
  test.each(refusals)('%s', (_, prepare, args, status, text) => {
    const world = makeWorld()
    prepare(world)
    const before = picture(world.target)
    const ended = migrate(world, ...args.map(arg => (arg === 'DATA' ? world.data : arg)))
    expect(ended.stderr).toMatch(text)
    expect(ended.status).toBe(status)
    expect(picture(world.target)).toEqual(before)
    rmSync(world.base, {recursive: true})
  })
})

const replaceIn = (world: World, name: string, from: string | RegExp, to: string): void => {
  const path = join(world.installed.service, name)
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`nothing to replace in ${name}`)
  writeFileSync(path, changed)
}

test('a service that has a file of the target open refuses, --force goes on', async () => {
  const world = makeWorld()
  writeFileSync(target(world, 'mailConfig.xml'), '<a/>')
  const service = spawn(process.execPath, ['-e', `require('fs').openSync(process.argv[1], 'r+'); console.log('open'); setInterval(() => {}, 1000)`, target(world, 'mailConfig.xml')], {stdio: ['ignore', 'pipe', 'inherit']})
  try {
    await new Promise(resolve => service.stdout.once('data', resolve))
    const refused = whole(world, '--yes')
    expect(refused.stderr).toMatch(/in use by .*pid \d+/)
    expect(refused.status).toBe(75)
    expect(whole(world, '--yes', '--force').status).toBe(0)
  } finally {
    service.kill('SIGKILL')
  }
})

describe('--delta', () => {
  test('copies what changed, takes away what is gone, tells the downtime, and each run can be undone', () => {
    const world = makeWorld({mails: 3})
    expect(whole(world, '--yes').status).toBe(0)
    const first = picture(world.data)
    expect(whole(world, '--yes', '--delta').stdout).toContain('nothing to do')
    const mails = join(world.installed.domains, 'example.com/Users/info')
    appendFileSync(join(mails, '0.grp'), 'more')
    unlinkSync(join(mails, '1.grp'))
    writeFileSync(join(mails, 'new.grp'), 'new')
    // Somebody's own file on the target is not ours to take away.
    writeFileSync(join(world.data, 'example.com/own.txt'), 'own')
    const document = world.json('smartermail', 'migrate', world.installed.service, world.target, ...MAP, '--domains', world.data, '--delta', '--yes')
    expect(document.counts).toMatchObject({files: 3, replaced: 1, removed: 1})
    expect(document.seconds).toBeGreaterThan(0)
    const there = join(world.data, 'example.com/Users/info')
    expect(readFileSync(join(there, '0.grp'), 'latin1').endsWith('more')).toBe(true)
    expect([existsSync(join(there, '1.grp')), existsSync(join(there, 'new.grp')), existsSync(join(world.data, 'example.com/own.txt'))]).toEqual([false, true, true])
    expect(world.run('undo', document.journalId, '--yes').status).toBe(0)
    unlinkSync(join(world.data, 'example.com/own.txt'))
    expect(picture(world.data)).toEqual(first)
  })
  test('a file of the same size and another time is copied', () => {
    const world = makeWorld()
    expect(whole(world, '--yes').status).toBe(0)
    const mail = join(world.installed.domains, 'example.com/Users/info/0.grp')
    writeFileSync(mail, Buffer.alloc(1000, 7))
    utimesSync(mail, 1_700_000_000, 1_700_000_000)
    expect(whole(world, '--yes', '--delta').stderr).toMatch(/1 file copied \(1000 B\); downtime/)
    expect(readFileSync(join(world.data, 'example.com/Users/info/0.grp'))[0]).toBe(7)
  })
})

test('^C between files: what is copied stays, the configuration is untouched, --delta goes on, both can be undone', {timeout: 300_000}, async () => {
  const world = makeWorld({mails: 1500})
  const args = ['smartermail', 'migrate', world.installed.service, world.target, ...MAP, '--domains', world.data, '--yes']
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../../bin/run.js'), ...args], {env: {...process.env, ...world.env}, stdio: ['ignore', 'ignore', 'pipe']})
  let said = ''
  child.stderr.on('data', piece => (said += piece))
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  const mails = join(world.data, 'example.com/Users/info')
  for (let count = 0; count < 20; count = existsSync(mails) ? readdirSync(mails).length : 0) await new Promise(resolve => setImmediate(resolve))
  child.kill('SIGINT')
  expect(await ended, said).toBe(130)
  expect(said).toContain('--delta')
  expect(existsSync(target(world, 'domainList.xml'))).toBe(false)
  const done = whole(world, '--yes', '--delta')
  expect(done.status, done.stderr).toBe(0)
  expect(readdirSync(mails)).toHaveLength(1500)
  for (let n = 0; n < 2; n++) expect(world.run('undo', n === 0 ? 'last' : firstJournal(world), '--yes').status).toBe(0)
  expect([existsSync(world.data), picture(world.target)]).toEqual([false, {}])
})

const firstJournal = (world: World): string => readdirSync(join(world.base, 'state/journal')).toSorted()[0]!.replace('.jsonl', '')

test('undo leaves what somebody has changed since, and says so', () => {
  const world = makeWorld()
  expect(whole(world, '--yes').status).toBe(0)
  appendFileSync(join(world.data, 'example.com/Users/info/0.grp'), 'mail that came in')
  const undone = world.run('undo', 'last', '--yes')
  expect(undone.stderr).toContain('0.grp')
  expect(Object.keys(picture(world.data))).toEqual(['example.com/Users/info/0.grp'])
})

test('--config-only with --files takes the recipe\'s four and no data', () => {
  const world = makeWorld()
  writeFileSync(join(world.installed.service, 'other.xml'), '<a/>')
  const done = migrate(world, ...MAP, '--config-only', '--files', 'mailconfig.xml,domainList.xml,greyListBypass.xml,greyList.dat', '--yes')
  expect(done.status, done.stderr).toBe(0)
  expect(Object.keys(picture(world.target)).toSorted()).toEqual(['domainList.xml', 'greyList.dat', 'greyListBypass.xml', 'mailConfig.xml'])
  expect(existsSync(world.data)).toBe(false)
})

test('from an encrypted bundle, by its passphrase', () => {
  const world = makeWorld()
  const [bundle, passphrase] = [join(world.base, 'old.tar.gz'), join(world.base, 'passphrase')]
  writeFileSync(passphrase, 'correct horse\n', {mode: 0o600})
  const packed = world.run('smartermail', 'bundle', world.installed.service, '-o', bundle, '--encrypt', '--passphrase-file', passphrase)
  expect(packed.status, packed.stderr).toBe(0)
  const args = ['smartermail', 'migrate', bundle, world.target, ...MAP, '--domains', world.data, '--yes']
  expect(world.run(...args).status).not.toBe(0)
  const done = world.run(...args, '--passphrase-file', passphrase)
  expect(done.status, done.stderr).toBe(0)
  expect(statSync(join(world.data, 'example.com/Users/info/1.grp')).size).toBe(1001)
  expect(readFileSync(target(world, 'domainList.xml'), 'utf8')).toContain(String.raw`D:\Mail\Domains\example.com`)
  expect(world.run(...args, '--delta', '--passphrase-file', passphrase).stdout).toContain('nothing to do')
  expect(world.run('undo', 'last', '--yes').status).toBe(0)
  expect([picture(world.target), existsSync(world.data)]).toEqual([{}, false])
})

test('names of the target are written in its own case', () => {
  const world = makeWorld()
  writeFileSync(target(world, 'MailConfig.XML'), '<a/>')
  expect(migrate(world, ...MAP, '--config-only', '--yes').status).toBe(0)
  expect(Object.keys(picture(world.target))).toContain('MailConfig.XML')
  expect(Object.keys(picture(world.target))).not.toContain('mailConfig.xml')
})
