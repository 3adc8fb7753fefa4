// Senders as keys: what is written anew for each message is taken out, and nothing else.
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {senderKey} from '../../src/policy/sender.js'

test.each([
  ['', '<>'],
  ['John.Smith@Example.COM', 'john.smith@example.com'],
  ['user+tag@example.com', 'user@example.com'],
  ['prvs=1234567890=user@example.com', 'user@example.com'],
  ['prvs=user/1234567890@example.com', 'user@example.com'],
  ['btv1==0123==user@example.com', 'user@example.com'],
  ['msprvs1=17900abc=user@example.com', 'user@example.com'],
  ['SRS0=HHH=TT=example.com=alice@forward.example', 'alice@example.com'],
  ['SRS0+HHH=TT=example.com=alice@forward.example', 'alice@example.com'],
  ['SRS1=HHH=first.example==HHH=TT=example.com=alice@second.example', 'alice@example.com'],
  ['SRS0=HHH=TT=example.com=prvs=1234567890=alice@forward.example', 'alice@example.com'],
  ['list-return-1234-john=there.example@lists.example', 'list#@lists.example'],
  ['owner-list+john=there.example@lists.example', 'owner-list@lists.example'],
  ['bounce-20261122-77@lists.example', 'bounce-#@lists.example'],
  ['0100018c1a2b3c4d-9f8e7d6c-1111-2222-3333-aabbccddeeff-000000@ses.example', '#@ses.example'],
  ['user1@example.com', 'user1@example.com'],
  ['info@123.example', 'info@123.example'],
  ['+only@example.com', '+only@example.com'],
  ['postmaster', 'postmaster'],
  ['a=b@example.com', 'a=b@example.com'],
  ['a\nb\0@example.com', 'a?b?@example.com'],
])('%s', (sender, key) => expect(senderKey(sender)).toBe(key))

test('two messages of one list have one key; a retry has the key of its first attempt', () => {
  for (const make of [
    (n: number) => `list-return-${n}-john=there.example@lists.example`,
    (n: number) => `bounces+${n}-ab12@mail.example`,
    (n: number) => `msg.${n}.x@news.example`,
    (n: number) => `prvs=${String(n).padStart(10, '0')}=me@example.com`,
  ])
    expect(senderKey(make(17))).toBe(senderKey(make(480_123)))
})

test('applying it twice changes nothing, and case never matters', () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9=+._/-]{1,24}$/)
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.tuple(word, word).map(([a, b]) => `${a}@${b}`), fc.string()), sender => {
      const key = senderKey(sender)
      expect(key.length).toBeGreaterThan(0)
      expect(senderKey(sender)).toBe(key)
      if (/^[\x21-\x7e]+$/.test(sender)) expect(senderKey(sender.toUpperCase())).toBe(key)
    }),
  )
})
