// A small installation for tests of bundles: every shape of name and size that matters, and its inventory by hand.
import {createHash} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

/**
 * Bytes that hardly get shorter, the same for the same seed.
 * @param {number} bytes
 */
export const noise = (bytes, seed = 'seed') => {
  const parts = []
  let last = Buffer.from(seed)
  for (let length = 0; length < bytes; length += 32) parts.push((last = createHash('sha256').update(last).digest()))
  return Buffer.concat(parts).subarray(0, bytes)
}

const LONG = `${'sehr langer Ordnername '.repeat(10)}/`.repeat(3)

/**
 * Files below the installation, by name.
 * @type {Record<string, Buffer>}
 */
export const CONTENTS = {
  'Service/mailConfig.xml': Buffer.from('\ufeff<?xml version="1.0"?>\r\n<mailConfig><spoolPath>C:\\SmarterMail\\Spool</spoolPath></mailConfig>\r\n'),
  'Service/domainList.xml': Buffer.from('<DomainList><Domain name="a.example" path="C:\\SmarterMail\\Domains\\a.example"/></DomainList>'),
  'Domains/a.example/accountList.xml': Buffer.from('<AddressList/>'),
  'Domains/a.example/Users/u/Mail/Inbox/1.grp': noise(2_700_000),
  'Domains/a.example/Users/u/Mail/INBOX/1.grp': Buffer.from('another case'),
  'Domains/a.example/Users/u/Mail/Entw\u00fcrfe/1.grp': Buffer.from('NFC'),
  'Domains/a.example/Users/u/Mail/Entwu\u0308rfe/1.grp': Buffer.from('NFD'),
  'Domains/a.example/Users/u/Mail/\u{1f4e7}/empty.grp': Buffer.alloc(0),
  [`Domains/a.example/${LONG}mail.grp`]: Buffer.from('long'),
  'Domains/b.example/text.grp': Buffer.from('Received: from somewhere\r\n'.repeat(30_000)),
  'Domains/b.example/exact.grp': noise(512 * 3, 'exact'),
  'Domains/b.example/block.grp': noise(1 << 20, 'block'),
  'Spool/1.eml': Buffer.from('mail'),
}

export const EMPTY = 'Domains/b.example/Users/nobody/Mail/Empty folder'

/**
 * Writes it below a directory.
 * @param {string} directory
 * @param {Record<string, Buffer>} contents
 */
export const install = (directory, contents = CONTENTS) => {
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(directory, name)), {recursive: true})
    writeFileSync(join(directory, name), content)
  }
  for (const name of [EMPTY, 'Domains/a.example', 'Spool']) mkdirSync(join(directory, name), {recursive: true})
}

/**
 * What an inventory says of it.
 * @param {string} directory
 * @returns {import('../../dist/inventory/inventory.js').Inventory}
 */
export const inventoryOf = directory => {
  const domain = name => ({
    name, path: `C:\\SmarterMail\\Domains\\${name}`, confidence: 'certain', file: 'domainList.xml', location: '/x',
    local: join(directory, 'Domains', name), files: null, bytes: null,
  })
  return {
    serviceDirectory: join(directory, 'Service'), configDirectory: '', era: 'xml', eraFrom: 'files', version: '16.3.6989', host: 'windows',
    files: ['domainList.xml', 'mailConfig.xml'].map(name => ({
      name, format: 'xml', encoding: 'utf-8', bom: false, bytes: 0, mtimeMs: 0, sha256: '', problem: null,
    })),
    domains: [domain('a.example'), domain('b.example')],
    directories: [{kind: 'spool', path: 'C:\\SmarterMail\\Spool', file: 'mailConfig.xml', location: '/x', local: join(directory, 'Spool')}],
    values: [], pathless: [],
  }
}

/**
 * A request as the command makes it.
 * @param {string} output
 * @param {Partial<import('../../dist/effects/bundle/create.js').BundleRequest>} more
 * @returns {import('../../dist/effects/bundle/create.js').BundleRequest}
 */
export const requestOf = (output, more = {}) => ({
  output, passphrase: null, resume: false, verify: true,
  about: {created: '2026-11-22T00:00:00.000Z', era: 'xml', version: '16.3.6989', configOnly: false},
  progress: () => undefined,
  ...more,
})
