// The commands and topics of mailops as data, for everything that is generated from them: man pages and completions.
import {join} from 'node:path'

import {Config} from '@oclif/core'

const ROOT = join(import.meta.dirname, '..')
const config = await Config.load({root: ROOT, userPlugins: false})

export const {version} = config
const isOurs = ({pluginName = ''}) => pluginName === 'mailops' || pluginName.startsWith('@mailops/')

const own = flag => !flag.hidden

/** Help texts name the program by a template. */
const filled = text => (text ?? '').replaceAll(/<%= config\.bin %>/g, 'mailops').replaceAll(/<%= command\.id %>/g, '').trim()

const flagOf = flag => ({
  name: flag.name,
  char: flag.char,
  allowNo: flag.allowNo === true,
  takesValue: flag.type === 'option',
  value: flag.helpValue ?? (flag.options === undefined ? 'VALUE' : flag.options.join('|')),
  options: flag.options ?? [],
  multiple: flag.multiple === true,
  required: flag.required === true,
  default: flag.type === 'option' && ['string', 'number'].includes(typeof flag.default) ? String(flag.default) : undefined,
  text: filled(flag.summary ?? flag.description),
})

/** All commands, ascending by name; `words` is what is typed after mailops. */
export const commands = config.commands
  .filter(command => isOurs(command) && !command.hidden)
  .map(command => ({
    words: command.id.split(':'),
    topic: command.id.includes(':') ? command.id.split(':')[0] : '',
    summary: filled(command.summary),
    description: filled(command.description),
    examples: (command.examples ?? []).map(example => filled(typeof example === 'string' ? example : example.command)),
    strict: command.strict !== false,
    args: Object.values(command.args).map(arg => ({name: arg.name.toUpperCase(), required: arg.required === true, text: filled(arg.description)})),
    flags: Object.values(command.flags).filter(own).map(flagOf).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }))
  .toSorted((a, b) => (a.words.join(' ') < b.words.join(' ') ? -1 : 1))

/** Topics that have commands, with what each is about. */
export const topics = config.topics
  .filter(({name}) => !name.includes(':') && commands.some(({topic}) => topic === name))
  .map(({name, description}) => ({name, summary: filled(description)}))
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))
