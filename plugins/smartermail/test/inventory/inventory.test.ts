// What is found in installations of every shape, and what is not printed
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {takeInventory} from '../../dist/effects/inventory/take-inventory.js'
import {openDocument, walk} from '../../dist/document/document.js'
import {domainFinder, settleDomains} from '../../dist/inventory/find-domains.js'
import {fileVersion} from '../../dist/inventory/file-version.js'
import {inventoryLines} from '../../dist/inventory/report.js'
import {createJsonInstallation, createXmlInstallation, ENCODINGS, SHAPES} from '../support/installation.js'

const place = () => temporaryDirectory('inventory')

test.each(SHAPES.flatMap(shape => ENCODINGS.map(encoding => ({shape, encoding}))))('$shape in $encoding', async ({shape, encoding}) => {
  const base = place()
  const {service} = createXmlInstallation(base, {shape, encoding, eol: encoding === 'utf-8' ? '\n' : '\r\n'})
  const stock = await takeInventory(service)
  expect(stock).toMatchObject({era: 'xml', eraFrom: 'files', version: null, host: 'windows', configDirectory: ''})
  expect(stock.files.map(({name, problem}) => [name, problem])).toEqual([['domainList.xml', null], ['greyList.dat', null], ['greyListBypass.xml', null], ['mailConfig.xml', null]])
  expect(stock.domains.map(({name, path, confidence, files, bytes}) => ({name, path, confidence, files, bytes}))).toEqual([
    {name: 'example.com', path: String.raw`C:\SmarterMail\Domains\example.com`, confidence: 'certain', files: 3, bytes: 2062},
    {name: 'b&b.example', path: String.raw`C:\SmarterMail\Domains\b&b.example`, confidence: 'certain', files: 3, bytes: 2066},
  ])
  expect(stock.directories.map(({kind, local}) => [kind, local])).toEqual([['spool', join(base, 'Spool')], ['logs', null]])
  const kinds = (file: string) => stock.values.filter(value => value.file === file).map(({kind}) => kind)
  expect(kinds('mailConfig.xml')).toEqual(['secret', 'path', 'path', 'dns', 'dns', 'port', 'path', 'url'])
  for (const text of [JSON.stringify(stock), inventoryLines(stock, {all: true}).join('\n')])
    for (const secret of ['hunter2', 's3cret']) expect(text).not.toContain(secret)
  for (const line of inventoryLines(stock, {all: true}).slice(0, 12)) expect(line.replaceAll(base, '').length).toBeLessThanOrEqual(80)
})

test.each([{linux: false}, {linux: true}])('JSON era, linux: $linux', async ({linux}) => {
  const {service} = createJsonInstallation(place(), {linux})
  const stock = await takeInventory(service)
  expect(stock).toMatchObject({era: 'json', host: linux ? 'posix' : 'windows', configDirectory: linux ? '' : 'Settings'})
  expect(stock.domains).toMatchObject([{name: 'example.com', confidence: 'certain', files: 3}, {name: 'example.net', confidence: 'certain'}])
  expect(stock.values.filter(({kind}) => kind === 'secret')).toMatchObject([{location: '/administrators/admin/password_encrypted', value: null}])
  expect(JSON.stringify(stock)).not.toContain('c2VjcmV0')
})

test('a domain is found below --domains, in whatever case it is written there', async () => {
  const base = place()
  const {service} = createXmlInstallation(base, {data: false})
  const copies = place()
  mkdirSync(join(copies, 'EXAMPLE.com'))
  writeFileSync(join(copies, 'EXAMPLE.com/a'), '1234')
  const {domains} = await takeInventory(service, {domains: [copies]})
  expect(domains.map(({local, bytes}) => [local, bytes])).toEqual([[join(copies, 'EXAMPLE.com'), 4], [null, null]])
})

test('links and broken files are named, and hide nothing else', async () => {
  const {service} = createXmlInstallation(place())
  symlinkSync('/etc/passwd', join(service, 'link.xml'))
  writeFileSync(join(service, 'broken.xml'), '<a>\n<b></a>')
  const {files, domains} = await takeInventory(service)
  expect(files.filter(({problem}) => problem !== null).map(({name, problem}) => [name, problem!.code, problem!.line])).toEqual([['broken.xml', 'BROKEN_XML', 2], ['link.xml', 'LINK', null]])
  expect(domains).toHaveLength(2)
})

test('what is no Service folder is refused, with the one below it', async () => {
  const base = place()
  createXmlInstallation(base)
  await expect(takeInventory(base)).rejects.toMatchObject({code: 'NOT_A_SERVICE_FOLDER', hint: `name ${join(base, 'Service')}`})
  await expect(takeInventory(join(base, 'nothing'))).rejects.toMatchObject({code: 'ENOENT'})
})

/** The fixed part of a version resource, as Microsoft documents VS_FIXEDFILEINFO. */
const program = (...parts: [number, number, number, number]): Buffer => {
  const fixed = Buffer.alloc(52)
  fixed.writeUInt32LE(0xfeef04bd, 0)
  fixed.writeUInt32LE(0x00010000, 4)
  fixed.writeUInt32LE(parts[0] * 65_536 + parts[1], 8)
  fixed.writeUInt32LE(parts[2] * 65_536 + parts[3], 12)
  return Buffer.concat([Buffer.from('MZ...'), Buffer.from('VS_VERSION_INFO\0', 'utf16le'), Buffer.alloc(2), fixed])
}

test('the version of the program tells the era, where it agrees with the files', async () => {
  expect(fileVersion(program(16, 3, 6989, 12))).toBe('16.3.6989.12')
  expect(fileVersion(Buffer.from('MZ nothing'))).toBeNull()
  const old = createXmlInstallation(place())
  writeFileSync(join(old.service, 'MailService.exe'), program(16, 3, 6989, 0))
  expect(await takeInventory(old.service)).toMatchObject({version: '16.3.6989.0', eraFrom: 'program', era: 'xml'})
  const mixed = createXmlInstallation(place())
  writeFileSync(join(mixed.service, 'MailService.exe'), program(100, 0, 8900, 0))
  expect(await takeInventory(mixed.service)).toMatchObject({version: '100.0.8900.0', eraFrom: 'files', era: 'xml'})
})

describe('domains of odd shapes', () => {
  const domainsIn = (file: string, text: string) => {
    const document = openDocument(file, Buffer.from(text), file.endsWith('json') ? 'json' : 'xml')
    const lists = {domains: [], pathless: []}
    walk(document, [domainFinder(document, lists)])
    return {domains: settleDomains(lists.domains).map(({name, path, confidence}) => [name, path, confidence]), pathless: lists.pathless}
  }
  const w = String.raw
  test('flat', () => {
    expect(domainsIn('domainList.xml', w`<L><Name>a.example</Name><Path>C:\D\a.example</Path><Name>b.example</Name><Path>C:\D\b.example</Path></L>`).domains)
      .toEqual([['a.example', w`C:\D\a.example`, 'certain'], ['b.example', w`C:\D\b.example`, 'certain']])
  })
  test('the data path, not the archive', () => {
    expect(domainsIn('x.xml', w`<Domain><Name>a.example</Name><ArchivePath>E:\Arc\a.example</ArchivePath><Path>C:\D\a.example</Path></Domain>`).domains).toEqual([['a.example', w`C:\D\a.example`, 'certain']])
  })
  test('a directory of another name', () => {
    expect(domainsIn('domainList.xml', w`<L><Domain name="a.example" path="C:\D\customer1"/></L>`).domains).toEqual([['a.example', w`C:\D\customer1`, 'certain']])
  })
  test('a name in the path only is a guess', () => {
    expect(domainsIn('domainList.xml', w`<L><D p="C:\D\a.example"/><D p="C:\D\b.example"/></L>`).domains.map(([name, , sure]) => [name, sure])).toEqual([['a.example', 'guess'], ['b.example', 'guess']])
  })
  test.each([
    ['domainList.xml', w`<L><Domain><Name>intranet</Name><Path>C:\D\intranet</Path></Domain><Domain name="a.example" path="C:\D\a.example"/></L>`],
    ['domainList.xml', w`<L><Domain name="intranet" path="C:\D\intranet\"/><Domain name="a.example" path="C:\D\a.example"/></L>`],
    ['domainList.xml', w`<L><D n="intranet" path="C:\D\intranet"/><Domain name="a.example" path="C:\D\a.example"/></L>`],
    ['Settings/domains.json', w`{"domains":{"intranet":{"data_path":"C:\\D\\intranet"},"a.example":{"data_path":"C:\\D\\a.example"}}}`],
    ['Settings/domains.json', w`{"domains":[{"name":"intranet","data_path":"C:\\D\\intranet"},{"name":"a.example","data_path":"C:\\D\\a.example"}]}`],
  ])('a domain of one label is one like others: %s %s', (file, text) => {
    expect(domainsIn(file, text).domains.map(([name]) => name).toSorted()).toEqual(['a.example', 'intranet'])
  })
  test('a name in no form of a domain, elsewhere than its directory: the element says what it is', () => {
    const found = domainsIn('domainList.xml', w`<L><Domain><Name>\u{1F4E7}.example</Name><Path>E:\data\7</Path></Domain></L>`.replace('\\u{1F4E7}', '\u{1F4E7}'))
    expect(found.domains.map(([name, path]) => [name, path])).toEqual([['\u{1F4E7}.example', 'E:\\data\\7']])
    expect(domainsIn('Settings/domains.json', w`{"domains":{"intranet":{"data_path":"E:\\data\\7"}}}`).domains.map(([name]) => name)).toEqual(['intranet'])
  })
  test('a setting with a name and a path is no domain', () => {
    expect(domainsIn('domainDefaults.xml', w`<C><Setting><Name>footer</Name><Path>C:\SmarterMail\footer.html</Path></Setting></C>`).domains).toEqual([])
    expect(domainsIn('domainList.xml', w`<L logPath="C:\SmarterMail\Logs"><Domain name="a.example" path="C:\D\a.example"/></L>`).domains.map(([name]) => name)).toEqual(['a.example'])
  })
  test('a host name beside a log path is no domain', () => {
    expect(domainsIn('mailConfig.xml', w`<C><hostName>mail.example.com</hostName><logPath>C:\SmarterMail\Logs</logPath></C>`).domains).toEqual([])
  })
  test('without a path', () => {
    expect(domainsIn('domainList.xml', '<L><Domain><Name>a.example</Name><Path xsi:nil="true"/></Domain></L>').pathless).toMatchObject([{name: 'a.example', location: '/L/Domain'}])
    expect(domainsIn('domainList.xml', '<L><Domain><Name>intranet</Name></Domain></L>').pathless).toMatchObject([{name: 'intranet'}])
    expect(domainsIn('Settings/domains.json', '{"domains":{"intranet":{"enabled":true}}}').pathless).toMatchObject([{name: 'intranet'}])
  })

  test.each(['.', '..', '...', '../../x', 'a\\b'])('%j is no name of a domain, whatever its path', name => {
    const xml = domainsIn('domainList.xml', `<L><Domain name="${name}" path="C:\\D\\${name}"/><Domain name="a.example" path="C:\\D\\a.example"/></L>`)
    const json = domainsIn('Settings/domains.json', JSON.stringify({domains: {[name]: {data_path: `C:\\D\\${name}`}, 'a.example': {data_path: 'C:\\D\\a.example'}}}))
    for (const {domains, pathless} of [xml, json]) {
      expect(domains.map(([found]) => found)).not.toContain(name)
      expect(pathless).not.toContainEqual(expect.objectContaining({name}))
    }
    expect(xml.domains.map(([one]) => one)).toContain('a.example')
  })
})
