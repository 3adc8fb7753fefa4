// Routing of recipients as qmail-send does it, and stripping of what it put in front.
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {controlLine, controlLines, controlNumber} from '../../src/queue/control-file.js'
import {parseRouting, routeOf, withoutPrefix, type Routing} from '../../src/queue/virtual-domains.js'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('control files', () => {
  test('lines: comments, blanks and trailing space go, leading space stays', () =>
    expect(controlLines(bytes('a \t\n#b\n\n \n c\nd#e\nlast'))).toEqual(['a', ' c', 'd#e', 'last']))

  test('first line and number', () => {
    expect(controlLine(bytes(' x \t\ny'))).toBe(' x')
    expect(controlLine(bytes(''))).toBe('')
    expect(controlNumber(bytes('604800 # a week\n'))).toBe(604800)
    expect(controlNumber(bytes('soon'))).toBeUndefined()
  })

  test('bytes above 0x7F stay bytes', () => expect(controlLines(Buffer.from([0xe9, 0x0a]))).toEqual(['\xe9']))
})

const routing = parseRouting({
  me: bytes('mx.example.org\n'),
  locals: bytes('LocalHost\nmx.example.org\n'),
  virtualDomains: bytes(
    'virt.example:joe-virt\n.sub.example:subs\nboss@remote.example:boss\n' +
      'not.sub.example:\nlocalhost:never\nno colon here\n',
  ),
  percentHack: bytes('hack.example\n'),
})

describe('routing', () => {
  test.each([
    ['a@localhost', 'local', 'a@localhost'],
    ['a', 'local', 'a@mx.example.org'],
    ['A@Virt.Example', 'local', 'joe-virt-A@Virt.Example'],
    ['a@x.sub.example', 'local', 'subs-a@x.sub.example'],
    ['a@y.x.sub.example', 'local', 'subs-a@y.x.sub.example'],
    ['a@sub.example', 'remote', 'a@sub.example'],
    ['a@not.sub.example', 'remote', 'a@not.sub.example'],
    ['Boss@remote.example', 'local', 'boss-Boss@remote.example'],
    ['other@remote.example', 'remote', 'other@remote.example'],
    ['a%virt.example@hack.example', 'local', 'joe-virt-a@virt.example'],
    ['a%b%c.example@hack.example', 'remote', 'a%b@c.example'],
    ['a%b%hack.example@hack.example', 'remote', 'a@b'],
    ['a@hack.example', 'remote', 'a@hack.example'],
    ['a@b@virt.example', 'local', 'joe-virt-a@b@virt.example'],
    ['a@', 'remote', 'a@'],
  ])('%s goes to %s as %s', (recipient, channel, address) =>
    expect(routeOf(routing, recipient)).toEqual({channel, address}),
  )

  test('a catch-all takes what nothing else does', () => {
    const all = parseRouting({locals: bytes('here\n'), virtualDomains: bytes(':all\nout.example:\n')})
    expect(routeOf(all, 'a@anywhere.example')).toEqual({channel: 'local', address: 'all-a@anywhere.example'})
    expect(routeOf(all, 'a@out.example').channel).toBe('remote')
    expect(routeOf(all, 'a@here')).toEqual({channel: 'local', address: 'a@here'})
    expect(withoutPrefix(all, 'all-a@anywhere.example')).toBe('a@anywhere.example')
  })

  test('without control files', () => {
    const none = parseRouting({})
    expect(routeOf(none, 'a')).toEqual({channel: 'remote', address: 'a@envnoathost'})
    expect(withoutPrefix(none, 'x-a@b')).toBe('x-a@b')
  })

  test('without locals, me is local', () =>
    expect(routeOf(parseRouting({me: bytes('Me.example\n')}), 'a@me.example').channel).toBe('local'))

  test('the last of equal keys wins, as in constmap', () =>
    expect(routeOf(parseRouting({virtualDomains: bytes('v:one\nV:two\n')}), 'a@v').address).toBe('two-a@v'))
})

describe('stripping', () => {
  test.each([
    ['joe-virt-a@virt.example', 'a@virt.example'],
    ['joe-virt-joe-virt-a@virt.example', 'joe-virt-a@virt.example'],
    ['joe-virt-@virt.example', '@virt.example'],
    ['joe-a@virt.example', 'joe-a@virt.example'],
    ['boss-Boss@remote.example', 'Boss@remote.example'],
    ['boss-other@remote.example', 'boss-other@remote.example'],
    ['never-a@localhost', 'never-a@localhost'],
    ['list-request@mx.example.org', 'list-request@mx.example.org'],
    ['no-at', 'no-at'],
  ])('%s is %s', (recipient, address) => expect(withoutPrefix(routing, recipient)).toBe(address))

  const label = fc.constantFrom('a', 'b', 'A', 'x-y')
  const domain = fc.array(label, {minLength: 1, maxLength: 3}).map(labels => labels.join('.'))
  const key = fc.oneof(domain, domain.map(d => `.${d}`), domain.map(d => `a-b@${d}`), fc.constant(''))
  const anyRouting = fc
    .record({
      locals: fc.array(domain, {maxLength: 2}),
      pairs: fc.array(fc.tuple(key, fc.constantFrom('p', 'p-q', 'a', '')), {maxLength: 5}),
      hacks: fc.array(domain, {maxLength: 1}),
    })
    .map(
      ({locals, pairs, hacks}): Routing =>
        parseRouting({
          locals: bytes(locals.join('\n')),
          virtualDomains: bytes(pairs.map(pair => pair.join(':')).join('\n')),
          percentHack: bytes(hacks.join('\n')),
        }),
    )
  const recipient = fc
    .tuple(fc.stringMatching(/^[abpq%-]{0,6}$/), domain)
    .map(([local, host]) => `${local}@${host}`)

  test('what is stripped routes to where it was, so a re-injected recipient ends up the same', () =>
    fc.assert(
      fc.property(anyRouting, recipient, (any, address) => {
        const route = routeOf(any, address)
        if (route.channel === 'remote') return
        expect(routeOf(any, withoutPrefix(any, route.address))).toEqual(route)
      }),
      {numRuns: 3000},
    ))
})
