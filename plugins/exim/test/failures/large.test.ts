// A log large enough for worker threads says what it says through a pipe, which is read without them.
import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'

import {expect, test} from 'vitest'

import {accepted, failed, logsIn, times} from './support.js'

const RUN = join(import.meta.dirname, '../../../../bin/run.js')

// Usual lines, and those that only the whole parser reads, that lie across chunks or are no lines at all.
const odd = (n: number): string => {
  const address = `203.0.${n % 7}.${n % 200}`
  switch (n % 11) {
    case 0: return accepted(n % 7000, `user${n % 90}@shop.example`, `10.0.0.${n % 90}`)
    case 1: return `${failed(n % 7000, `a ) [127.0.0.1]: 535 x (set_id=${n}`, address)}\r`
    case 2: return failed(n % 7000, n % 3 === 0 ? null : '__cpanel__service__auth__exim__key', n % 2 === 0 ? '::1' : address)
    case 3: return `${accepted(n % 7000, 'x', address)} T=" authenticator failed for A=b:c"`
    case 4: return 'A=\n A= '
    case 5: return n % 5000 === 5 ? `${failed(n % 7000, 'amy', address)}${'y'.repeat(90_000)}` : `login authenticator failed for junk ${n}`
    default: return failed(n % 7000, `Name${n % 4000}@shop.example`, address)
  }
}

test('a report by threads is the report without them', () => {
  const {path} = logsIn({mainlog: times(170_000, odd)})
  const log = readFileSync(path('mainlog'))
  expect(log.length).toBeGreaterThan(17 << 20)
  // A true pipe, which a socket as spawnSync makes one is not: /dev/stdin cannot be opened then.
  const report = (command: string): unknown => {
    const {status, stdout} = spawnSync('/bin/sh', ['-c', command, path('mainlog'), process.execPath, RUN], {encoding: 'utf8', maxBuffer: 1 << 26})
    expect(status).toBe(0)
    return {...(JSON.parse(stdout) as object), logs: []}
  }
  const byThreads = report('exec "$1" "$2" exim auth-failures "$0" --json -q --timezone UTC')
  expect(byThreads).toEqual(report('cat "$0" | "$1" "$2" exim auth-failures - --json -q --timezone UTC'))
  expect(byThreads).toMatchObject({lines: log.filter(byte => byte === 10).length})
})
