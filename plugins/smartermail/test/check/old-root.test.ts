// Where an installation lies, found in text in every spelling and in no other name.
import {expect, test} from 'vitest'

import {oldRoot, placeOfRoot} from '../../src/check/old-root.js'

const w = String.raw
test.each([
  [w`C:\SmarterMail\Domains\a.example`, w`<p>C:\SmarterMail\x</p>`, 1],
  [w`C:\SmarterMail\Domains\a.example`, w`{"a":1,` + '\n' + w`"p":"c:\\smartermail\\x"}`, 2],
  [w`C:\SmarterMail\Domains\a.example`, 'c:/smartermail', 1],
  [w`C:\SmarterMail\Domains\a.example`, w`C:\SmarterMail2\x`, null],
  [w`C:\SmarterMail\Domains\a.example`, w`AC:\SmarterMail\x`, null],
  [w`\\nas01\mail\a.example`, w`"p": "\\\\NAS01\\mail\\x"`, 1],
  [w`\\nas01\mail\a.example`, 'https://host/nas01/mail/x', null],
  ['/var/lib/smartermail/Domains/a.example', '"/var/lib/x"', 1],
  ['/var/lib/smartermail/Domains/a.example', 'https://host/var/lib/x', null],
  ['Domains', 'Domains', null],
] as const)('%s in %s', (path, text, line) => {
  const root = oldRoot(path)
  expect(root === null ? null : placeOfRoot(text, root)).toBe(line)
})
