// Each finding of check from an installation that has it, and none from one that is sound
import {spawnSync} from 'node:child_process'
import {mkdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'
import {checkInstallation} from '../../dist/effects/check/check-installation.js'
import {CODES} from '../../dist/check/finding.js'
import {createJsonInstallation, createXmlInstallation} from '../support/installation.js'

type Made = ReturnType<typeof createXmlInstallation>

const rest = (service: string): void => {
  for (const name of ['domainList.xml', 'mailConfig.xml', 'greyListBypass.xml', 'greyList.dat']) utimesSync(join(service, name), 1_700_000_000, 1_700_000_000)
}

const make = (options: Record<string, unknown> = {}): Made => {
  const made = createXmlInstallation(temporaryDirectory('check'), options)
  rest(made.service)
  return made
}

const codesOf = async (service: string, target: string | null = null): Promise<string[]> => {
  const {findings} = await checkInstallation(service, {domains: [], target, progress: () => undefined})
  return [...new Set(findings.filter(({severity}) => severity !== 'note').map(({code}) => code))]
}

const replace = ({service}: {service: string}, name: string, from: string, to: string): void => {
  const path = join(service, name)
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  utimesSync(path, 1_700_000_000, 1_700_000_000)
}

const domains = (...names: string[]) => ({domains: names.map(name => ({name}))})
const at = (...pairs: [string, string][]) => ({domains: pairs.map(([name, path]) => ({name, path})), data: false})
const w = String.raw

test('a sound installation has no finding', async () => expect(await codesOf(make().service)).toEqual([]))

test.each<[string, () => Made]>([
  ['BROKEN_XML', () => { const made = make(); replace(made, 'domainList.xml', '</DomainList>', ''); return made }],
  ['DOCTYPE', () => { const made = make(); replace(made, 'mailConfig.xml', '<MailConfig>', '<!DOCTYPE x><MailConfig>'); return made }],
  ['DOMAIN_DUPLICATE', () => make(at(['a.example', w`C:\D\a.example`], ['A.EXAMPLE', w`C:\D\other`]))],
  ['DOMAIN_DUPLICATE', () => make(at(['müller.example', w`C:\D\m`], ['xn--mller-kva.example', w`C:\D\n`]))],
  ['DOMAIN_MAIL_PREFIX', () => make(domains('a.example', 'mail.a.example'))],
  ['DOMAIN_NO_PATH', () => { const made = make(); replace(made, 'domainList.xml', w`path='C:\SmarterMail\Domains\example.com'`, ''); return made }],
  ['PATH_DUPLICATE', () => make(at(['a.example', w`C:\D\a`], ['b.example', 'c:/d/A/']))],
  ['PATH_NESTED', () => make(at(['a.example', w`C:\D\a`], ['b.example', w`C:\D\a\b`]))],
  ['PATH_NOT_FOUND', () => make(at(['a.example', '/nonexistent/D/a.example']))],
  ['PATH_OUTSIDE', () => { const made = make(); replace(made, 'mailConfig.xml', '<banner', w`<archive>E:\Archive\x</archive><banner`); return made }],
  ['PATH_IN_DATA', () => { const made = make(); writeFileSync(join(made.domains, 'example.com/rules.json'), w`{"run":"c:\\smartermail\Scripts\x.cmd"}`); return made }],
  ['CASE_COLLISION', () => { const made = make(); writeFileSync(join(made.domains, 'example.com/ACCOUNTlist.xml'), 'x'); return made }],
  ['NAME_UNFIT', () => { const made = make(); writeFileSync(join(made.domains, 'example.com/a:b'), 'x'); return made }],
  ['PATH_TOO_LONG', () => { const made = make(); writeFileSync(join(made.domains, 'example.com', 'x'.repeat(230)), 'x'); return made }],
  ['LINK', () => { const made = make(); symlinkSync('/etc', join(made.domains, 'example.com/link')); return made }],
  ['LOCK_FILE', () => { const made = make(); writeFileSync(join(made.service, 'mail.lock'), ''); return made }],
  ['SPOOL_ACTIVE', () => { const made = make(); mkdirSync(join(made.spool, 'SubSpool3')); writeFileSync(join(made.spool, 'SubSpool3/1.hdr'), ''); return made }],
  ['RECENT_WRITE', () => { const made = make(); utimesSync(join(made.service, 'mailConfig.xml'), new Date(), new Date()); return made }],
  ['NO_DOMAINS', () => make({domains: []})],
])('%s', async (code, prepare) => {
  const found = await codesOf(prepare().service)
  expect(found).toContain(code)
  expect(found.filter(other => !['PATH_OUTSIDE', code].includes(other))).toEqual([])
})

test('JSON: a cut file and a member that stands twice', async () => {
  const {service} = createJsonInstallation(temporaryDirectory('check'))
  const path = join(service, 'Settings/settings.json')
  writeFileSync(path, '{"a": 1, "a": 2}')
  writeFileSync(join(service, 'Settings/events.json'), '{"a": ')
  expect(await codesOf(service)).toEqual(expect.arrayContaining(['DUPLICATE_MEMBER', 'BROKEN_JSON']))
})

test('the target: era and broken files', async () => {
  const source = make()
  const other = createJsonInstallation(temporaryDirectory('check'))
  expect(await codesOf(source.service, other.service)).toContain('ERA_MISMATCH')
  const broken = make()
  replace(broken, 'domainList.xml', '</DomainList>', '')
  expect(await codesOf(source.service, broken.service)).toEqual(['TARGET_BROKEN'])
})

test('the command: findings with places, exit 1, codes in its help, JSON', () => {
  const made = make()
  replace(made, 'domainList.xml', '</DomainList>', '</Domains>')
  renameSync(join(made.service, 'greyList.dat'), join(made.service, 'greyList.DAT'))
  const run = (...args: string[]) => spawnSync(process.execPath, [join(import.meta.dirname, '../../../../bin/run.js'), 'smartermail', 'check', ...args], {encoding: 'utf8', env: {...process.env, NO_COLOR: '1'}})
  const {status, stdout} = run(made.service, '--json')
  expect(status).toBe(1)
  expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({code: 'BROKEN_XML', severity: 'problem', where: expect.stringMatching(/^domainList\.xml:\d+:\d+$/)}))
  const help = run('--help').stdout
  for (const code of Object.keys(CODES)) expect(help).toContain(code)
})
