// Whether the Windows service runs, by what `sc query` says in any language.
import {expect, test} from 'vitest'

import {isUp} from '../../dist/effects/migrate/running.js'

const answer = (label: string, state: string): string =>
  ['', 'SERVICE_NAME: MailService', `        TYPE               : 10  WIN32_OWN_PROCESS`, `        ${label.padEnd(19)}: ${state}`, '                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)',
    '        WIN32_EXIT_CODE    : 0  (0x0)', '        CHECKPOINT         : 0x0', '        WAIT_HINT          : 0x0', ''].join('\r\n')

test.each(['STATE', 'STATUS', 'ESTADO', '\u00c9TAT'])('%s', label => {
  for (const state of ['2  START_PENDING', '3  STOP_PENDING', '4  RUNNING', '7  PAUSED']) expect(isUp(answer(label, state))).toBe(true)
  expect(isUp(answer(label, '1  STOPPED'))).toBe(false)
})

test('a service that is not there does not run', () => {
  expect(isUp('[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\nThe specified service does not exist as an installed service.\r\n')).toBe(false)
})
