// mboxrd: quoting can be undone byte for byte, however the message is cut into chunks
import fc from 'fast-check'
import {expect, test} from 'vitest'

import {mboxHead, MboxQuoting} from '../../dist/export/mboxrd.js'

const quote = (chunks: readonly string[]): string => {
  const quoting = new MboxQuoting()
  return chunks.map(chunk => quoting.push(chunk)).join('') + quoting.finish()
}

const pieces = fc.array(fc.constantFrom('From ', '>', 'F', 'rom', ' ', '\n', 'x', 'From', '>>From ', '\r\n', '\xff'), {maxLength: 30})

test('one > less gives the message back; no line but the first of a message begins with From', () => {
  fc.assert(
    fc.property(pieces, parts => {
      const message = parts.join('')
      const quoted = quote(parts)
      expect(quoted).toBe(quote([message]))
      expect(quoted.endsWith('\n')).toBe(true)
      expect(/^From /m.test(quoted)).toBe(false)
      const ended = message === '' || message.endsWith('\n') ? message : `${message}\n`
      expect(quoted.replace(/^>(>*From )/gm, '$1')).toBe(`${ended}\n`)
    }),
    {numRuns: 1000},
  )
})

test('addresses of strangers begin no message and no header field', () => {
  const head = mboxHead({
    sender: 'a b\nFrom x', queuedAt: 0, number: '26',
    recipients: [{address: 'c@d.example\nX-Evil: yes', done: false}, {address: 'e@f.example', done: true}],
  })
  expect(head).toBe(
    'From a-b?From-x Thu Jan  1 00:00:00 1970\nReturn-Path: <a b?From x>\nX-Qmail-Queue-Id: 26\n' +
      'X-Qmail-Recipient: pending <c@d.example?X-Evil: yes>\nX-Qmail-Recipient: done <e@f.example>\n',
  )
  expect(mboxHead({sender: '', queuedAt: 86_400 * 365, number: '1', recipients: []})).toMatch(/^From MAILER-DAEMON Fri Jan {2}1 00:00:00 1971\nReturn-Path: <>\n/)
})
