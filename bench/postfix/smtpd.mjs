// What smtpd of a real Postfix holds with Mailman 3's table in local_recipient_maps, before and after optimising.
// usage: node bench/postfix/smtpd.mjs [lists] [recipients] [rounds]; wants root
import {spawnSync} from 'node:child_process'
import {readFileSync, rmSync} from 'node:fs'
import {join} from 'node:path'

import {listAddresses, listNames, mailman3Table} from '../../plugins/postfix/test/support/mailman3.js'
import {startPostfix} from '../../plugins/postfix/test/support/private-postfix.js'

const [lists = 70, recipients = 60, rounds = 3] = process.argv.slice(2).map(Number)
const BIN = join(import.meta.dirname, '../../bin/run.js')
const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
const megabytes = bytes => `${(bytes / 1024 / 1024).toFixed(1)} MB`

const names = listNames(lists)
const addresses = listAddresses(names, recipients)

/** smtpd's Anonymous at the end of a session of all recipients, a fresh Postfix each time. */
const measure = async settings => {
  const sessions = []
  for (let round = 0; round < rounds; round++) {
    const postfix = await startPostfix(settings)
    try {
      sessions.push(await postfix.session(addresses))
    } finally {
      await postfix.close()
    }
  }
  const accepted = new Set(sessions.flatMap(({codes}) => codes))
  return {anonymous: median(sessions.map(({anonymous}) => anonymous)), codes: [...accepted].join(',')}
}

/** The map optimised by the command itself. */
const optimize = (map, name, table) => {
  const path = map(name, table)
  const output = `${path}.optimized`
  rmSync(output, {force: true})
  const {status, stderr} = spawnSync(process.execPath, [BIN, 'postfix', 'optimize-regexp', `regexp:${path}`, '-o', output], {encoding: 'utf8'})
  if (status !== 0) throw new Error(stderr)
  return map(name, readFileSync(output, 'latin1'))
}

const table = mailman3Table(names)
const rows = [
  ['no pattern map', await measure(map => `local_recipient_maps = regexp:${map('lists', '/./ x\n')}`)],
  ['as Mailman 3 writes it', await measure(map => `local_recipient_maps = regexp:${map('lists', table)}`)],
  ['optimised', await measure(map => `local_recipient_maps = regexp:${optimize(map, 'lists', table)}`)],
  ['as pcre:', await measure(map => `local_recipient_maps = pcre:${map('lists', table)}`)],
  ['behind proxy:', await measure(map => `local_recipient_maps = proxy:regexp:${map('lists', table)}`)],
]
console.log(`smtpd, Anonymous after ${recipients} recipients, ${lists} lists, median of ${rounds}`)
for (const [name, {anonymous, codes}] of rows) console.log(`${name.padEnd(24)} ${megabytes(anonymous).padStart(8)}  replies ${codes}`)
