// verify tells a true copy from one with a wrong byte, and a moved path from any other change.
import {cpSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {runCommand} from '@oclif/test'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'

const ROOT = join(import.meta.dirname, '../../../..')

const DOMAIN_LIST =
  '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<DomainList>\r\n  <!-- by hand -->\r\n' +
  '  <Domain name="a.example" path=\'C:\\SmarterMail\\Domains\\a.example\' ip="192.0.2.10" />\r\n' +
  '  <Domain><Name>b.example</Name><Path>C:\\SmarterMail\\Domains\\b.example</Path></Domain>\r\n</DomainList>\r\n'
const MAIL_CONFIG =
  '<mailConfig>\n  <spoolPath>C:\\SmarterMail\\Spool</spoolPath>\n  <primaryDns>192.0.2.1</primaryDns><secondaryDns>192.0.2.2</secondaryDns>\n' +
  '  <maxMessageSize>100</maxMessageSize>\n  <sysAdminPassword>very-secret</sysAdminPassword>\n</mailConfig>\n'

interface World {
  readonly root: string
  readonly bundle: string
  readonly target: string
  readonly at: (name: string) => string
  readonly edit: (name: string, change: (text: string) => string) => void
}

interface Document {
  readonly same: boolean
  readonly withContents: boolean
  readonly config: {readonly edits: number; readonly edited: number; readonly unchanged: number}
  readonly findings: {code: string; name: string; text: string}[]
  readonly domains: {domain: string; same: number; missing: number; different: number; more: number | null}[]
}

const run = async (...argv: string[]): Promise<{document: Document; stdout: string; exit: number}> => {
  const before = process.exitCode
  process.exitCode = 0
  try {
    const {stdout} = await runCommand(['smartermail', ...argv, '--json'], {root: ROOT})
    return {document: JSON.parse(stdout) as Document, stdout, exit: Number(process.exitCode)}
  } finally {
    process.exitCode = before
  }
}

/** A bundled installation, and its copy with other paths and DNS, as migrate leaves it. */
const world = async (...flags: string[]): Promise<World> => {
  const root = temporaryDirectory('verify')
  const files = {
    'Service/domainList.xml': DOMAIN_LIST, 'Service/mailConfig.xml': MAIL_CONFIG, 'Service/greyList.dat': '\u0000\u0001state',
    'Domains/a.example/accountList.xml': '<AddressList/>', 'Domains/a.example/Users/u/Mail/Inbox/1.grp': 'mail', 'Domains/b.example/2.grp': 'more mail',
    'Spool/1.eml': 'on its way',
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, 'old', name, '..'), {recursive: true})
    writeFileSync(join(root, 'old', name), content)
  }
  const bundle = join(root, 'b.tar.gz')
  const {exit} = await run('bundle', join(root, 'old/Service'), '-o', bundle, ...flags)
  expect(exit).toBe(0)
  cpSync(join(root, 'old'), join(root, 'new'), {recursive: true})
  const at = (name: string): string => join(root, 'new', name)
  const edit = (name: string, change: (text: string) => string): void => writeFileSync(at(name), change(readFileSync(at(name), 'utf8')))
  edit('Service/domainList.xml', text => text.replaceAll('C:\\SmarterMail', 'D:\\Mail').replace('192.0.2.10', '198.51.100.10'))
  edit('Service/mailConfig.xml', text => text.replace('C:\\SmarterMail', 'D:\\Mail').replace('192.0.2.1<', '<').replace('192.0.2.2<', '198.51.100.2<'))
  return {root, bundle, target: at('Service'), at, edit}
}

test('a moved installation is what was bundled, by the bundle and by its manifest', async () => {
  const {bundle, target} = await world()
  const byBundle = await run('verify', target, '--against', bundle)
  expect(byBundle.document).toMatchObject({same: true, withContents: true, config: {files: 3, unchanged: 1, edited: 2, edits: 6}, findings: []})
  expect(byBundle.exit).toBe(0)
  expect(byBundle.document.domains).toEqual(expect.arrayContaining([
    {domain: 'a.example', files: 2, bytes: 18, same: 2, missing: 0, different: 0, more: 0},
    {domain: '', files: 1, bytes: 10, same: 1, missing: 0, different: 0, more: null},
  ]))
  const byManifest = await run('verify', target, '--against', `${bundle}.manifest.json`)
  expect(byManifest.document).toMatchObject({same: true, withContents: false, config: {unchanged: 1, edited: 2}})
  expect(byManifest.exit).toBe(0)
})

const DAMAGE: readonly [string, (world: World) => void, string, string | null][] = [
  ['another byte in mail', ({edit}) => edit('Domains/a.example/Users/u/Mail/Inbox/1.grp', () => 'nail'), 'FILE_DIFFERS', 'FILE_DIFFERS'],
  ['mail that is longer', ({edit}) => edit('Domains/b.example/2.grp', text => `${text}!`), 'FILE_DIFFERS', 'FILE_DIFFERS'],
  ['mail that is gone', ({at}) => rmSync(at('Domains/b.example/2.grp')), 'FILE_MISSING', 'FILE_MISSING'],
  ['a domain whose directory is gone', ({at}) => rmSync(at('Domains/b.example'), {recursive: true}), 'DOMAIN_PATH_MISSING', 'DOMAIN_PATH_MISSING'],
  ['a domain that is not configured', ({edit}) => edit('Service/domainList.xml', text => text.replace(/<Domain>.*<\/Domain>/, '')), 'DOMAIN_NOT_CONFIGURED', 'DOMAIN_NOT_CONFIGURED'],
  ['spool that is gone', ({at}) => rmSync(at('Spool/1.eml')), 'FILE_MISSING', 'FILE_MISSING'],
  ['a setting that no move changes', ({edit}) => edit('Service/mailConfig.xml', text => text.replace('>100<', '>200<')), 'CONFIG_DIFFERS', 'CONFIG_DIFFERS'],
  ['another password', ({edit}) => edit('Service/mailConfig.xml', text => text.replace('very-secret', 'other-secret')), 'CONFIG_DIFFERS', 'CONFIG_DIFFERS'],
  ['a setting more', ({edit}) => edit('Service/mailConfig.xml', text => text.replace('</mailConfig>', '<more>1</more></mailConfig>')), 'CONFIG_DIFFERS', 'CONFIG_DIFFERS'],
  ['opaque bytes', ({edit}) => edit('Service/greyList.dat', text => `${text}x`), 'CONFIG_DIFFERS', 'CONFIG_DIFFERS'],
  ['a comment', ({edit}) => edit('Service/domainList.xml', text => text.replace('by hand', 'by foot')), 'CONFIG_REWRITTEN', null],
  ['line ends', ({edit}) => edit('Service/domainList.xml', text => text.replaceAll('\r\n', '\n')), 'CONFIG_REWRITTEN', null],
  ['half a file', ({edit}) => edit('Service/mailConfig.xml', text => text.slice(0, 100)), 'CONFIG_BROKEN', 'CONFIG_BROKEN'],
  ['a file that is gone', ({at}) => rmSync(at('Service/greyList.dat')), 'CONFIG_MISSING', 'CONFIG_MISSING'],
]

test.each(DAMAGE)('%s', async (_, damage, byBundle, byManifest) => {
  const scene = await world()
  damage(scene)
  for (const [against, code] of [[scene.bundle, byBundle], [`${scene.bundle}.manifest.json`, byManifest]] as const) {
    const {document, exit, stdout} = await run('verify', scene.target, '--against', against)
    expect(document.findings.map(finding => finding.code), against).toEqual(code === null ? [] : expect.arrayContaining([code]))
    expect(exit).toBe(code === null ? 0 : 1)
    expect(stdout).not.toMatch(/-secret/)
  }
})

test('a spool that has no place on this host is named, not compared, and no finding', async () => {
  const {bundle, target, at} = await world()
  rmSync(at('Spool'), {recursive: true})
  const {document, exit} = await run('verify', target, '--against', bundle)
  expect(document).toMatchObject({same: true, notCompared: [{name: 'spool', files: 1}]})
  expect(exit).toBe(0)
})

test('new mail is counted and is no finding', async () => {
  const {bundle, target, at} = await world()
  writeFileSync(at('Domains/a.example/Users/u/Mail/Inbox/new.grp'), 'new')
  const {document} = await run('verify', target, '--against', bundle)
  expect(document.same).toBe(true)
  expect(document.domains.find(({domain}) => domain === 'a.example')?.more).toBe(1)
})

test('an encrypted bundle and its sealed manifest', async () => {
  const directory = temporaryDirectory('passphrase')
  const file = join(directory, 'passphrase')
  writeFileSync(file, 'correct horse\n', {mode: 0o600})
  const {bundle, target} = await world('--encrypt', '--passphrase-file', file)
  const byBundle = await run('verify', target, '--against', bundle, '--passphrase-file', file)
  expect(byBundle.document).toMatchObject({same: true, withContents: true})
  const byManifest = await run('verify', target, '--against', `${bundle}.manifest.sealed`, '--passphrase-file', file)
  expect(byManifest.document).toMatchObject({same: true, withContents: false, config: {edited: 2}})
  expect((await run('verify', target, '--against', bundle)).document).toMatchObject({error: {code: 'NEEDS_PASSPHRASE', exit: 64}})
})

test.each(['Service', 'Service/Settings'])('the JSON era, the target named as %s', async named => {
  const root = temporaryDirectory('verify-json')
  const files = {
    'Service/Settings/domains.json': '\ufeff{\r\n\t"domains": {"a.example": {"data_path": "c:\\\\SmarterMail\\\\Domains\\\\a.example", "id": 1234567890123456789}},\r\n\t"domain_aliases": {}}',
    'Service/Settings/settings.json': '{"dns": {"primary_dns": "192.0.2.1"}, "max": 10}',
    'Domains/a.example/settings.json': '{"settings": {"dkim_private_key": "very-secret"}}',
  }
  for (const place of ['old', 'new'])
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(root, place, name, '..'), {recursive: true})
      writeFileSync(join(root, place, name), content)
    }
  const bundle = join(root, 'b.tar.gz')
  expect((await run('bundle', join(root, 'old/Service'), '-o', bundle)).exit).toBe(0)
  const edit = (name: string, from: string, to: string): void => {
    const path = join(root, 'new/Service/Settings', name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  }
  edit('domains.json', 'c:\\\\SmarterMail', 'D:\\\\Mail')
  edit('settings.json', '192.0.2.1', '')
  const verify = (): ReturnType<typeof run> => run('verify', join(root, 'new', named), '--against', bundle, '--domains', join(root, 'new/Domains'))
  expect((await verify()).document).toMatchObject({same: true, config: {files: 2, edited: 2, edits: 2}})
  edit('domains.json', '1234567890123456789', '1234567890123456788')
  expect((await verify()).document.findings.map(({code}) => code)).toEqual(['CONFIG_DIFFERS'])
})
