// The options of every command that takes a MAP.
import {Args, Flags} from '@oclif/core'

/** MAP, once. */
export const mapArgument = Args.string({
  name: 'MAP',
  description: 'regexp:FILE, pcre:FILE, a table in braces as in main.cf, or a file',
  required: true,
  ignoreStdin: true,
})

/** --type and --config-dir. */
export const mapFlags = {
  type: Flags.option({
    options: ['regexp', 'pcre'] as const,
    description: 'type of a MAP that is only a file; else its extension and the main.cf that names it tell',
  })(),
  'config-dir': Flags.string({
    description: "directory of main.cf; else MAIL_CONFIG, else Postfix's own",
    helpValue: 'DIR',
    helpGroup: 'POSTFIX',
  }),
}
