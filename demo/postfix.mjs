// The Postfix part of the demo: 1,470 lines for 70 mailing lists become one, proven equal, and come back.
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {addressMap, listNames} from '../bench/postfix/cases.mjs'

/** @param demo what demo/run.mjs gives to each part */
export const postfixDemo = ({sandbox, mailops, title, say}) => {
  title('Postfix: a map of 1,470 lines, in every smtpd')
  const map = join(sandbox, 'transport.regexp')
  const before = addressMap(listNames(70), 21)
  writeFileSync(map, before)
  say('70 lists with 21 addresses each. What would be left of it?')
  mailops(['postfix', 'optimize-regexp', `regexp:${map}`, '--processes', '150'])
  say('As a person would write it, one line a list, in a file of its own:')
  mailops(['postfix', 'optimize-regexp', `regexp:${map}`, '--goal', 'readable', '-o', `${map}.readable`])
  say('Do it in place.')
  mailops(['postfix', 'optimize-regexp', `regexp:${map}`, '--in-place', '--yes'])
  say('And back.')
  mailops(['undo', 'last', '--yes'])
  if (readFileSync(map, 'utf8') !== before) throw new Error('the map is not as it was')
  say('The map is back byte for byte.')
}
