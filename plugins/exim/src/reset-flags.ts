// Flags of the reset of service keys.
import {Flags} from '@oclif/core'

import {RESTART_TAILWATCHD} from './effects/serviceauth/restart.js'
import {SERVICEAUTH} from './serviceauth/layout.js'

/** Where cPanel's monitor logs in. */
export const VERIFY = '127.0.0.1:25'

/** What is told on the command line. */
export interface ResetFlags {
  readonly 'dir': string
  readonly 'log'?: string[] | undefined
  readonly 'restart-command': string
  readonly 'wait': string
  readonly 'verify'?: string | undefined
  readonly 'no-verify': boolean
  readonly 'generate': boolean
  readonly 'force': boolean
}

/** As oclif takes them. */
export const resetFlags = {
  'dir': Flags.string({description: 'directory with the keys', default: SERVICEAUTH, helpValue: 'DIR'}),
  'log': Flags.string({
    description: 'log to read instead of those of this machine; may be repeated',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'FILE',
  }),
  'restart-command': Flags.string({
    description: 'shell command that makes cPanel make keys',
    default: RESTART_TAILWATCHD,
    helpValue: 'CMD',
  }),
  'wait': Flags.string({description: 'how long the keys may take to come back', default: '10m', helpValue: 'TIME'}),
  'verify': Flags.string({
    description: `server that has to take the new keys (default ${VERIFY})`,
    helpValue: 'HOST:PORT',
    exclusive: ['no-verify'],
  }),
  'no-verify': Flags.boolean({description: 'do not log in with the new keys'}),
  'generate': Flags.boolean({description: 'make the keys here instead of waiting for the monitor'}),
  'force': Flags.boolean({
    description: 'renew keys that are right; without a name and a failing service: those of exim',
  }),
}
