// Which daemon holds which map: main.cf and master.cf as the real postconf reads them.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {describe, expect, test} from 'vitest'

import {temporaryDirectory} from '../../../test/support/temporary.js'
import {copiesOf, mapsIn} from '../src/configuration/index.js'
import {readInstance} from '../src/effects/configuration/read.js'
import {placeOf} from '../src/effects/configuration/holders.js'
import {loadMap} from '../src/effects/read-map.js'
import {readMapArgument} from '../src/map-argument.js'
import {findPostmap} from './support/postmap.js'

const MASTER = `
smtp       inet  n - n - 30 smtpd
submission inet  n - n - 5  smtpd
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:/maps/submission
cleanup    unix  n - n - 0  cleanup
rewrite    unix  - - n - -  trivial-rewrite
proxymap   unix  - - n - -  proxymap
smtp       unix  - - n - -  smtp
local      unix  - n n - -  local
qmgr       unix  n - n 300 1 qmgr
`

const instanceOf = async (main: string) => {
  const directory = temporaryDirectory('postfix')
  mkdirSync(join(directory, 'spool'))
  writeFileSync(
    join(directory, 'main.cf'),
    `compatibility_level = 3.6\nmyhostname = mx.example.com\nqueue_directory = ${directory}/spool\n${main}\n`,
  )
  writeFileSync(join(directory, 'master.cf'), MASTER)
  return {directory, instance: (await readInstance(directory))!}
}

const holders = async (main: string, map: string): Promise<string[]> => {
  const {instance} = await instanceOf(main)
  const reference = readMapArgument(map)
  if (reference.kind === 'untyped') throw new Error('untyped')
  return placeOf(instance, reference).holders.map(
    ({service, parameters, copies, limit}) => `${service} ${parameters.toSorted().join('+')} x${copies} <=${limit}`,
  )
}

describe.skipIf(findPostmap() === undefined)('the real postconf (needs postfix)', () => {
  test('smtpd does not open transport_maps', async () => {
    const found = await holders('transport_maps = regexp:/maps/t', 'regexp:/maps/t')
    expect(found).toEqual(['rewrite/unix address_verify_transport_maps+transport_maps x1 <=100'])
  })

  test('local_recipient_maps takes in alias_maps: smtpd holds what local holds', async () => {
    expect(await holders('alias_maps = pcre:/maps/a', 'pcre:/maps/a')).toEqual([
      'smtp/inet local_recipient_maps x1 <=30',
      'submission/inet local_recipient_maps x1 <=5',
      'local/unix alias_maps x1 <=100',
    ])
  })

  test('a match list and a map are two copies in one smtpd', async () => {
    const found = await holders('relay_domains = regexp:/maps/r\nrelay_recipient_maps = regexp:/maps/r', 'regexp:/maps/r')
    expect(found).toContain('smtp/inet relay_domains+relay_recipient_maps x2 <=30')
    expect(found).toContain('rewrite/unix relay_domains x1 <=100')
    expect(found).toContain('qmgr/unix fast_flush_domains x1 <=1')
  })

  test('two maps opened alike are one copy', async () => {
    const main = 'relay_recipient_maps = regexp:/maps/r\nsmtpd_recipient_restrictions = check_recipient_access regexp:/maps/r, reject'
    expect(await holders(main, 'regexp:/maps/r')).toContain('smtp/inet relay_recipient_maps+smtpd_recipient_restrictions x1 <=30')
  })

  test('proxy: is one daemon, options of a service are its own, classes and unionmap are looked into', async () => {
    expect(await holders('relay_recipient_maps = proxy:regexp:/maps/r', 'regexp:/maps/r')).toEqual([
      'proxymap/unix relay_recipient_maps x1 <=100',
    ])
    expect(await holders('', 'regexp:/maps/submission')).toEqual(['submission/inet smtpd_recipient_restrictions x1 <=5'])
    const classes = 'smtpd_restriction_classes = strict\nstrict = check_sender_access pcre:/maps/s'
    expect(await holders(classes, 'pcre:/maps/s')).toContain('smtp/inet strict x1 <=30')
    expect(await holders('virtual_alias_maps = unionmap:{hash:/x, regexp:/maps/v}', 'regexp:/maps/v')).toContain(
      'cleanup/unix virtual_alias_maps x1 <=Infinity',
    )
  })

  test('a list file may name tables', async () => {
    const directory = temporaryDirectory('lists')
    writeFileSync(join(directory, 'domains'), `example.com\nregexp:/maps/d\n`)
    expect(await holders(`relay_domains = ${directory}/domains`, 'regexp:/maps/d')).toContain('smtp/inet relay_domains x1 <=30')
  })

  test('$n is forbidden where the daemon forbids it', async () => {
    const {instance} = await instanceOf('transport_maps = regexp:/maps/t\nvirtual_alias_maps = regexp:/maps/v')
    const forbids = (path: string) => placeOf(instance, {kind: 'file', engine: 'regexp', path}).forbidSubstitution
    expect(forbids('/maps/t')).toContain('transport_maps')
    expect(forbids('/maps/v')).toEqual([])
  })

  test('the type of a file comes from its name or the configuration, and doubt is refused', async () => {
    const directory = temporaryDirectory('maps')
    const path = join(directory, 'recipients')
    writeFileSync(path, '/a/ b\n')
    const load = async (main: string, file = path, type?: 'regexp' | 'pcre') => {
      const {instance} = await instanceOf(main)
      return (await loadMap(file, {type, instance: async () => instance})).name
    }
    expect(await load(`relay_recipient_maps = pcre:${path}`)).toBe(`pcre:${path}`)
    expect(await load('', path, 'regexp')).toBe(`regexp:${path}`)
    writeFileSync(`${path}.pcre`, '/a/ b\n')
    expect(await load('', `${path}.pcre`)).toBe(`pcre:${path}.pcre`)
    const refused = {code: 'MAP_TYPE', oclif: {exit: 64}}
    await expect(load('')).rejects.toMatchObject(refused)
    await expect(load(`relay_recipient_maps = regexp:${path}.pcre`, `${path}.pcre`)).rejects.toMatchObject(refused)
    await expect(load(`relay_recipient_maps = regexp:${path}\ntransport_maps = pcre:${path}`)).rejects.toMatchObject(refused)
  })
})

test('a FIFO or a directory is no table, and nothing waits for it', async () => {
  await expect(loadMap('regexp:/dev/null', {instance: async () => undefined})).rejects.toMatchObject({code: 'NOT_A_FILE'})
  await expect(loadMap('regexp:/', {instance: async () => undefined})).rejects.toMatchObject({oclif: {exit: 66}})
  await expect(loadMap('hash:/x', {instance: async () => undefined})).rejects.toMatchObject({oclif: {exit: 64}})
})

test('tables in a value: names, braces, proxies', () => {
  expect(mapsIn('hash:/a, regexp:/b proxy:pcre:/c unionmap:{pcre:/d,regexp:{{/x/ pcre:/no}}}')).toEqual([
    {engine: 'regexp', name: '/b', proxied: false},
    {engine: 'pcre', name: '/c', proxied: true},
    {engine: 'pcre', name: '/d', proxied: false},
    {engine: 'regexp', name: '{{/x/ pcre:/no}}', proxied: false},
  ])
})

test('copies: what runs, or what was said', () => {
  const holder = {service: 's', program: 'p', parameters: [], limit: 10, running: 3, processes: 3}
  expect(copiesOf([{...holder, copies: 2}, {...holder, copies: 1}])).toBe(9)
  expect(copiesOf([{...holder, copies: 2}], 150)).toBe(300)
  expect(copiesOf([], 150)).toBe(150)
})
