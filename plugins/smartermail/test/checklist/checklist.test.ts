// The checklist names this installation's own figures, in the order in which the steps have to be taken.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {runCommand} from '@oclif/test'
import {expect, test} from 'vitest'

import {temporaryDirectory} from '../../../../test/support/temporary.js'

const ROOT = join(import.meta.dirname, '../../../..')

const install = (root: string): string => {
  const files = {
    'Service/domainList.xml':
      '<DomainList><Domain name="big.example" path="C:\\SmarterMail\\Domains\\big.example" ip="192.0.2.10"/>' +
      '<Domain name="gone.example" path="E:\\Old\\gone.example" ip="192.0.2.11"/></DomainList>',
    'Service/mailConfig.xml': '<mailConfig><spoolPath>C:\\SmarterMail\\Spool</spoolPath><dns1>198.51.100.53</dns1><smtpPort>2525</smtpPort><sysAdminPassword>very-secret</sysAdminPassword></mailConfig>',
    'Domains/big.example/1.grp': 'x'.repeat(3_000_000),
    'Spool/1.eml': 'x',
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), {recursive: true})
    writeFileSync(join(root, name), content)
  }
  return join(root, 'Service')
}

const smartermail = async (...argv: string[]): Promise<string> => {
  const before = process.exitCode
  try {
    return (await runCommand(['smartermail', ...argv], {root: ROOT})).stdout
  } finally {
    process.exitCode = before
  }
}

test.each(['folder', 'bundle'])('of a %s', async kind => {
  const root = temporaryDirectory('checklist')
  const service = install(root)
  const bundle = join(root, 'b.tar.gz')
  if (kind === 'bundle') await smartermail('bundle', service, '-o', bundle)
  const source = kind === 'bundle' ? bundle : service
  const text = await smartermail('checklist', source)
  for (const figure of ['2 domains', '2.9 MB in 4 files', 'gone.example', '192.0.2.10', '198.51.100.53', '2525', 'C:\\SmarterMail', 'E:\\Old', '1 file'])
    expect(text.replaceAll(/\s+/g, ' '), figure).toContain(figure)
  expect(text).not.toContain('very-secret')
  for (const line of text.split('\n')) if (!line.includes('mailops smartermail')) expect(line.length).toBeLessThanOrEqual(80)
  const document = JSON.parse(await smartermail('checklist', source, '--json')) as {steps: {id: string}[]; domains: unknown[]}
  expect(document.domains).toEqual([
    {name: 'big.example', path: 'C:\\SmarterMail\\Domains\\big.example', bytes: 3_000_000, isHere: true},
    {name: 'gone.example', path: 'E:\\Old\\gone.example', bytes: 0, isHere: false},
  ])
  const wanted = ['TTL', 'NEW_MX', 'STOP', 'DELTA', 'START', 'ACTIVATE', 'DNS', 'BINDINGS', 'SPF_PTR', 'REMOVE_OLD_MX']
  expect(document.steps.map(({id}) => id).filter(id => wanted.includes(id))).toEqual(wanted)
})

test('commands can be pasted into a shell: shares keep their backslashes, names their signs', async () => {
  const service = join(temporaryDirectory('checklist'), 'Service')
  mkdirSync(service)
  writeFileSync(join(service, 'domainList.xml'), String.raw`<l><Domain name="b&amp;b.example" path="\\nas01\mail\Domains\b&amp;b.example"/></l>`)
  const text = await smartermail('checklist', service)
  expect(text).toContain(String.raw`--map '\\nas01\mail=NEW'`)
  expect(text).toContain(`MX 'b&b.example'`)
})
