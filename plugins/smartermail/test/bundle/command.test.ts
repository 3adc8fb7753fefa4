// The command: what its flags take in and leave out, what it says, how it ends.
import {spawn} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {runCommand} from '@oclif/test'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {noise} from './installation.js'
import {readAll} from './support.js'

const ROOT = join(import.meta.dirname, '../../../..')
const CLI = join(ROOT, 'bin/run.js')

const XML = {
  'SmarterMail/Service/domainList.xml': '<DomainList><Domain name="a.example" path="C:\\SmarterMail\\Domains\\a.example"/><Domain name="b.example" path="E:\\More\\b.example"/></DomainList>',
  'SmarterMail/Service/mailConfig.xml': '<mailConfig><spoolPath>C:\\SmarterMail\\Spool</spoolPath><logPath>C:\\SmarterMail\\Logs</logPath></mailConfig>',
  'SmarterMail/Service/greyList.dat': 'state',
  'SmarterMail/Service/MailService.exe.config': 'program',
  'SmarterMail/Domains/a.example/1.grp': 'mail',
  'SmarterMail/Domains/a.example/Users/u/Mail/Logs/2.grp': 'a folder that a user called Logs',
  'SmarterMail/Domains/orphan.example/3.grp': 'of no domain',
  'SmarterMail/Spool/4.eml': 'spooled',
  'SmarterMail/Logs/5.log': 'logged',
  'elsewhere/More/b.example/6.grp': 'on another drive',
}

const JSON_ERA = {
  'Service/Settings/domains.json': '{"domains":{"a.example":{"data_path":"c:\\\\SmarterMail\\\\Domains\\\\a.example"}},"domain_aliases":{}}',
  'Service/Settings/settings.json': '{"spool_path":"c:\\\\SmarterMail\\\\Spool"}',
  'Service/Settings/auth-tokens.sbin': 'opaque',
  'Domains/a.example/accounts.json': '{"users":{}}',
  'Spool/1.eml': 'x',
}

const install = (files: Readonly<Record<string, string | Uint8Array>>): string => {
  const root = temporaryDirectory('command')
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), {recursive: true})
    writeFileSync(join(root, name), content)
  }
  return root
}

interface Ran {
  readonly document: {files: number; complete: boolean; withoutData: {name: string}[]; leftOut: {name: string}[]; error?: {code: string; exit: number}}
  readonly exit: number
  readonly names: string[]
}

const bundle = async (root: string, ...flags: string[]): Promise<Ran> => {
  const before = process.exitCode
  process.exitCode = 0
  const output = join(root, 'out.tar.gz')
  try {
    const {stdout} = await runCommand(['smartermail', 'bundle', '-o', output, '--json', ...flags], {root: ROOT})
    const names = existsSync(output) ? Object.keys(await readAll(output)).toSorted() : []
    return {document: JSON.parse(stdout) as Ran['document'], exit: Number(process.exitCode), names}
  } finally {
    process.exitCode = before
  }
}

const CONFIG = ['service/domainList.xml', 'service/greyList.dat', 'service/mailConfig.xml']
const A = ['domains/a.example/1.grp', 'domains/a.example/Users/u/Mail/Logs/2.grp']

test('a copied tree is bundled as it stands; a domain whose data is elsewhere makes it incomplete', async () => {
  const root = install(XML)
  const {document, exit, names} = await bundle(root, join(root, 'SmarterMail/Service'))
  expect(names).toEqual([...A, 'logs/5.log', ...CONFIG, 'spool/4.eml'].toSorted())
  expect(document).toMatchObject({complete: false, withoutData: [{name: 'b.example'}]})
  expect(exit).toBe(1)
})

test('--domains takes whole directories, several of them', async () => {
  const root = install(XML)
  const {document, exit, names} = await bundle(
    root, join(root, 'SmarterMail/Service'), '--domains', join(root, 'SmarterMail/Domains'), '--domains', join(root, 'elsewhere/More'),
  )
  expect(names).toEqual([...A, 'domains-2/b.example/6.grp', 'domains/orphan.example/3.grp', 'logs/5.log', ...CONFIG, 'spool/4.eml'].toSorted())
  expect(document).toMatchObject({complete: true, files: names.length})
  expect(exit).toBe(0)
})

test('--skip-spool and --skip-logs leave those away, and no folder of a user', async () => {
  const root = install(XML)
  const {names} = await bundle(root, join(root, 'SmarterMail/Service'), '--skip-spool', '--skip-logs')
  expect(names).toEqual([...A, ...CONFIG].toSorted())
})

test('--config-only, and --files in any case', async () => {
  const root = install(XML)
  expect((await bundle(root, join(root, 'SmarterMail/Service'), '--config-only')).names).toEqual(CONFIG)
  const other = install(XML)
  expect((await bundle(other, join(other, 'SmarterMail/Service'), '--config-only', '--files', 'MAILCONFIG.xml,greylist.dat')).names)
    .toEqual(['service/greyList.dat', 'service/mailConfig.xml'])
  const missing = await bundle(install(XML), join(other, 'SmarterMail/Service'), '--config-only', '--files', 'mailConfig.xml,none.xml')
  expect(missing.document.error).toMatchObject({code: 'ENOENT', exit: 66})
})

test('the JSON era: all of Settings', async () => {
  const root = install(JSON_ERA)
  const {names, exit} = await bundle(root, join(root, 'Service'))
  expect(names).toEqual([
    'domains/a.example/accounts.json', 'service/Settings/auth-tokens.sbin', 'service/Settings/domains.json', 'service/Settings/settings.json', 'spool/1.eml',
  ])
  expect(exit).toBe(0)
})

test('no data on this machine, an output in what is bundled, flags that do not go together', async () => {
  const root = install({'Service/domainList.xml': XML['SmarterMail/Service/domainList.xml']})
  expect((await bundle(root, join(root, 'Service'))).document.error).toMatchObject({code: 'NO_DATA', exit: 66})
  const broken = install({...XML, 'SmarterMail/Service/domainList.xml': '<DomainList><Domain name="a.example"'})
  expect((await bundle(broken, join(broken, 'SmarterMail/Service'))).document.error, 'no domain can be found').toMatchObject({code: 'NO_DATA', exit: 66})
  expect((await bundle(broken, join(broken, 'SmarterMail/Service'), '--domains', join(broken, 'SmarterMail/Domains'))).names).toEqual(expect.arrayContaining([...A, ...CONFIG]))
  expect((await bundle(root, join(root, 'Service'), '--domains', root)).document.error).toMatchObject({code: 'OUTPUT_INSIDE', exit: 64})
  for (const flags of [['--encrypt'], ['--passphrase-file', 'x'], ['--files', 'x'], ['--config-only', '--domains', root]])
    expect((await bundle(root, join(root, 'Service'), ...flags)).document.error, flags.join(' ')).toMatchObject({exit: 64})
  expect((await bundle(root, join(root, 'nowhere'))).document.error).toMatchObject({exit: 66})
})

test('links are reported and not followed, in text too', async () => {
  const root = install(XML)
  writeFileSync(join(root, 'secret'), 'root:x')
  symlinkSync(join(root, 'secret'), join(root, 'SmarterMail/Domains/a.example/\u001b[31mlink'))
  const before = process.exitCode
  const {stderr, stdout} = await runCommand(['smartermail', 'bundle', join(root, 'SmarterMail/Service'), '-o', join(root, 'o.tar.gz')], {root: ROOT})
  process.exitCode = before
  expect(stderr).toContain('INCOMPLETE')
  expect(stderr).toMatch(/\\x1b\[31mlink/)
  expect(stdout + stderr).not.toContain('\u001b[31m')
  expect(readFileSync(join(root, 'o.tar.gz.manifest.json'), 'utf8')).not.toContain('root:x')
})

test('^C ends it between two files, and --resume goes on', {timeout: 120_000}, async () => {
  const many = Object.fromEntries(Array.from({length: 20}, (_unused, n) => [`SmarterMail/Domains/a.example/${n}.grp`, noise(1_200_000, String(n))]))
  const root = install({...XML, ...many})
  const output = join(root, 'out.tar.gz')
  const argv = [CLI, 'smartermail', 'bundle', join(root, 'SmarterMail/Service'), '-o', output, '--resume']
  const run = (kill: boolean): Promise<{status: number | null; stderr: string}> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, argv, {stdio: ['ignore', 'ignore', 'pipe']})
      let stderr = ''
      child.stderr.on('data', chunk => (stderr += chunk))
      child.on('error', reject)
      child.on('close', status => resolve({status, stderr}))
      const wait = (): void => {
        if (child.exitCode !== null) return
        if (existsSync(`${output}.part`) && statSync(`${output}.part`).size > 2_000_000) child.kill('SIGINT')
        else setTimeout(wait, 5)
      }
      if (kill) wait()
    })
  const stopped = await run(true)
  expect(stopped).toMatchObject({status: 130, stderr: expect.stringMatching(/--resume/)})
  const {status, stderr} = await run(false)
  expect(status).toBe(1)
  expect(stderr).toMatch(/taken over from the unfinished bundle/)
  expect(Object.keys(await readAll(output))).toHaveLength(20 + 6)
})
