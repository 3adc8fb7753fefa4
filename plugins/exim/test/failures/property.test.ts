// No line makes the parser throw or take long, and everything that Exim can write is read as it was meant.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {ChkservdReader} from '../../src/failures/chkservd.js'
import {LogClock, offsetClock} from '../../src/failures/clock.js'
import {CphulkReader} from '../../src/failures/cphulk.js'
import {parseFailure} from '../../src/failures/failure-line.js'
import {KIND, LineRecords, START, STOP, WIDTH} from '../../src/failures/line-records.js'
import {BlockScan} from '../../src/failures/block-scan.js'
import {LineScanner} from '../../src/failures/line-scanner.js'
import {redact} from '../../src/failures/redact.js'
import {ipText, QuickLine} from '../../src/failures/quick-line.js'
import {parseSuccess} from '../../src/failures/success-line.js'

const clock = () => new LogClock(offsetClock(0), 2e9)

// Pieces of true lines, in any order and number, with junk between: what comes near a true line goes deepest into the parser.
const PIECES = [
  '2026-03-03 09:45:15 ', 'Mar  3 09:45:15 ', 'mx exim[1]: ', '[12] ', '+0100 ', 'login', ' authenticator failed for ', ' authenticator failed ', 'H=', '(x) ',
  '[192.0.2.1]', '[2001:db8::1]', ':25', ' I=[192.0.2.9]:25', ' U=', ' Ci=7', ': 535 ', ': 435 ', 'Incorrect authentication data', ' (set_id=', ')', '): ', ') [',
  ' ', '(', '"', '"@', ' <= ', ' P=esmtp', ' A=login:x', '1xUrpX-00000h-2H', ' T="', '\0', '\u00ff', '__cpanel__service__auth__', 'AUTH PLAIN ', ': 3 Time(s)',
]
const nearLine = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({unit: 'binary-ascii', maxLength: 5})), {maxLength: 40}).map(parts => parts.join(''))

test('any line is a failure, outgoing or not understood, and nothing throws', () => {
  fc.assert(fc.property(nearLine, line => {
    const event = parseFailure(line, clock())
    expect(typeof event === 'string' ? ['outgoing', 'unparsed'] : ['failure']).toContain(typeof event === 'string' ? event : event.kind)
    parseSuccess(line, clock())
    redact(line)
    new ChkservdReader().line(line)
    new CphulkReader().line(line)
  }), {numRuns: 20_000})
})

test.each([...PIECES, ...PIECES.map(piece => `${piece}${piece} `), ') [192.0.2.1] U=', '(x) [192.0.2.1]:', ' (set_id=a) [', 'AUTH AUTH\t', '[a]=[', 'a:', 'pass pass'])(
  'no backtracking: 60 kB of %j', piece => {
    const body = piece.repeat(Math.ceil(60_000 / piece.length))
    const lines = [`2026-03-03 09:45:15 login authenticator failed for ${body}`, `2026-03-03 09:45:15 login authenticator failed for (${body}`,
      `${body} authenticator failed for (x) [192.0.2.1]: 535 x`, `2026-03-03 09:45:15 1xUrpX-00000h-2H <= a H=(${body}`]
    const began = process.cpuUsage()
    for (const line of lines) {
      parseFailure(line, clock())
      parseSuccess(line, clock())
      redact(line)
      new ChkservdReader().line(line)
      new CphulkReader().line(line)
    }
    const {user} = process.cpuUsage(began)
    // Linear takes some milliseconds; what backtracks takes minutes.
    expect(user / 1e6).toBeLessThan(2)
  })

const helo = fc.string({unit: fc.constantFrom(...'abcXYZ019.-_:[]/'), minLength: 1, maxLength: 30})
const ipv4 = fc.ipV4()
const address = fc.oneof(ipv4, fc.ipV6())
const account = fc.string({unit: fc.constantFrom(...'abcXYZ019.-_@+%() :='), maxLength: 30})
const when = fc.integer({min: 946_684_800, max: 4_000_000_000})
const iso = (time: number): string => new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ')

test('every line that Exim can write is read as it was meant', () => {
  const parts = fc.record({
    time: when, name: fc.option(fc.constantFrom('h.example', 'mx-1.example.net')), helo: fc.option(helo), ip: address, port: fc.integer({min: 0, max: 65_535}),
    local: fc.option(ipv4), mark: fc.boolean(), ident: fc.option(fc.constantFrom('amy', 'a b')), ci: fc.boolean(), account: fc.option(account), pid: fc.boolean(),
  })
  fc.assert(fc.property(parts, ({time, name, helo: said, ip, port, local, mark, ident, ci, account: set, pid}) => {
    const peer = `${mark ? 'H=' : ''}${name === null ? '' : `${name} `}${said === null ? '' : `(${said}) `}[${ip}]${port > 0 ? `:${port}` : ''}` +
      `${local === null ? '' : ` I=[${local}]:25`}${ident === null ? '' : ` U=${ident}`}${ci ? ' Ci=42' : ''}`
    const line = `${iso(time)}${pid ? ' [77]' : ''} dovecot_login authenticator failed for ${peer}: 535 Incorrect authentication data${set === null ? '' : ` (set_id=${set})`}`
    const event = parseFailure(line, new LogClock(offsetClock(0), 2e9))
    expect(event).toMatchObject({kind: 'failure', time, port, local: local ?? '', code: 535, account: set, forged: false, authenticator: 'dovecot_login'})
  }), {numRuns: 5000})
})

test('lines are the same however the bytes are cut', () => {
  const log = Buffer.from(Array.from({length: 200}, (_, n) =>
    n % 3 === 0 ? `${iso(1.7e9 + n)} login authenticator failed for (x) [192.0.2.${n}]: 535 Incorrect authentication data (set_id=u${n})`
      : n % 3 === 1 ? `${iso(1.7e9 + n)} 1xUrpX-00000h-2H <= a@b.example H=(x) [192.0.2.1] P=esmtpa A=login:u${n} S=1` : 'another line A=').join('\n'))
  const read = (cuts: readonly number[]) => {
    const seen: string[] = []
    let lines = 0
    const scan = new BlockScan()
    const scanner = new LineScanner({
      block: bytes => {
        const records = new LineRecords()
        scan.scan(bytes, records)
        lines += records.lines
        for (let at = 0; at < records.used; at += WIDTH)
          seen.push(`${records.numbers[at + KIND]} ${bytes.toString('latin1', records.numbers[at + START], records.numbers[at + STOP])}`)
      },
      overlong: () => void seen.push('?'),
    })
    let from = 0
    for (const cut of [...cuts, log.length]) {
      scanner.push(log.subarray(from, cut))
      from = cut
    }
    scanner.end()
    return {seen, lines}
  }
  const whole = read([])
  expect(whole).toMatchObject({lines: 200, seen: {length: 200}})
  fc.assert(fc.property(fc.array(fc.nat(log.length), {maxLength: 30}), cuts => {
    expect(read(cuts.toSorted((a, b) => a - b))).toEqual(whole)
  }))
})

// Common forms, and what differs from them in one place.
const FAILED = '2026-03-03 09:45:15 login authenticator failed for h.example (x) [192.0.2.1]:25: 535 Incorrect authentication data (set_id=amy)'
const ACCEPTED = '2026-03-03 09:45:15 1xUrpX-00000h-2H <= a@b.example H=h.example (x) [192.0.2.1]:25 P=esmtpsa X=TLS1.3 A=login:amy S=1 T="x"'
const changed = (line: string) =>
  fc.tuple(fc.nat(line.length), fc.integer({min: 0, max: 8}), fc.oneof(fc.constantFrom(...PIECES, ''), fc.string({unit: 'binary-ascii', maxLength: 3})))
    .map(([at, without, text]) => `${line.slice(0, at)}${text}${line.slice(at + without)}`.replaceAll('\n', ' '))

test('what is read from the bytes of a line is what its parser says', () => {
  fc.assert(fc.property(changed(FAILED), line => {
    const bytes = Buffer.from(line, 'latin1')
    const at = bytes.indexOf(' authenticator failed ')
    const quick = new QuickLine()
    if (at < 0 || !quick.failure(bytes, 0, bytes.length, at)) return
    expect(parseFailure(line, clock())).toEqual({
      kind: 'failure', time: clock().ofDigits(quick.date, quick.clock), times: 1, authenticator: line.slice(quick.nameStart, quick.nameEnd), address: ipText(quick.ip), port: quick.port,
      local: '', code: 535, account: line.slice(quick.accountStart, quick.accountEnd), forged: false, syslog: false,
    })
  }), {numRuns: 30_000})
  fc.assert(fc.property(changed(ACCEPTED), line => {
    const bytes = Buffer.from(line, 'latin1')
    const at = bytes.indexOf(' A=') + 1
    const quick = new QuickLine()
    if (at < 1 || !quick.success(bytes, 0, bytes.length, at)) return
    expect(parseSuccess(line, clock())).toEqual({
      kind: 'success', time: clock().ofDigits(quick.date, quick.clock), address: ipText(quick.ip), account: line.slice(quick.accountStart, quick.accountEnd),
    })
  }), {numRuns: 30_000})
  const bytes = Buffer.from(FAILED)
  expect(new QuickLine().failure(bytes, 0, bytes.length, FAILED.indexOf(' authenticator'))).toBe(true)
  const other = Buffer.from(ACCEPTED)
  expect(new QuickLine().success(other, 0, other.length, ACCEPTED.indexOf('A=login'))).toBe(true)
})
