// The SmarterMail part of the demo: a sample installation bundled, moved to other drives and DNS servers, proven, undone.
import {mkdirSync, readdirSync} from 'node:fs'
import {join} from 'node:path'

import {createXmlInstallation} from '../plugins/smartermail/test/support/installation.js'

const MOVE = [
  '--map', 'C:\\SmarterMail=E:\\Mail', '--map', 'C:\\SmarterMail\\Spool=F:\\Spool', '--ip', '192.0.2.10=198.51.100.10', '--dns', 'system',
]

/** @param demo what demo/run.mjs gives to each part */
export const smartermailDemo = async ({sandbox, mailops, title, say}) => {
  title('SmarterMail: to another server, nothing lost, everything shown')
  const old = join(sandbox, 'old')
  const target = join(sandbox, 'new-Service')
  const data = join(sandbox, 'new-Domains')
  const bundle = join(sandbox, 'old.tar.gz')
  mkdirSync(old)
  mkdirSync(target)
  const {service} = createXmlInstallation(old, {domains: [{name: 'example.com'}, {name: 'shop.example'}], mails: 5})
  say('What is there, and where do paths and addresses hide?')
  mailops(['smartermail', 'inventory', service])
  say('What would go wrong? (The sample was written just now, so it looks as if it were in use.)')
  mailops(['smartermail', 'check', service, '--target', target], {expect: 1})
  say('Everything into one file, with a digest of each.')
  mailops(['smartermail', 'bundle', service, '-o', bundle])
  say('On the new server: what would change?')
  mailops(['smartermail', 'migrate', bundle, target, ...MOVE, '--domains', data, '--dry-run'])
  mailops(['smartermail', 'migrate', bundle, target, ...MOVE, '--domains', data, '--yes'])
  mailops(['smartermail', 'verify', target, '--against', bundle, '--domains', data])
  say('It was the wrong server after all.')
  mailops(['undo', 'last', '--yes'])
  const left = readdirSync(target)
  if (left.length > 0) throw new Error(`the target is not as it was: ${left.join(', ')}`)
  say('The target is empty again, as it was.')
}
