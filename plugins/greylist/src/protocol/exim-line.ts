// What Exim's ${readsocket ...} and greylistd's own client send: one line, with or without its end, and the answer to it.
//
//   [command] [--option ...] words              greylistd(8); without a command: update
// `ip sender recipient` are the words that a decision is made from; Exim's Debian configuration sends
// `--grey IP SENDER LOCALPART@DOMAIN` and takes "true" for: defer.
import {textOfLatin1} from './bytes.js'

/** greylistd's lists: what is grey is deferred, white passes, black is refused. */
export type EximColour = 'grey' | 'white' | 'black'

/** `update` decides and remembers, `check` and `status` only look. */
export type EximLine =
  | {
      readonly verb: 'update' | 'check' | 'status'
      /** With one: answer whether this is the colour; without: answer the colour. */
      readonly ask: EximColour | null
      /** As they were sent, in lower case; nets as `192.0.2.0/24` too (Exim's ${mask:...}). */
      readonly ip: string
      readonly sender: string | null
      readonly recipient: string | null
    }
  | {readonly verb: 'add' | 'delete'; readonly list: EximColour; readonly words: readonly string[]}
  | {readonly verb: 'stats' | 'mrtg' | 'list' | 'clear' | 'save' | 'reload'}
  | {readonly verb: 'error'; readonly message: string}

/** What is known of a triplet without touching it. */
export type EximStatus = EximColour | 'unseen'

/** Longest line that is looked at. */
export const MAX_EXIM_BYTES = 4096

const COMMANDS: readonly string[] = ['update', 'check', 'status', 'add', 'delete', 'stats', 'mrtg', 'list', 'clear', 'save', 'reload']
const COLOURS: readonly string[] = ['grey', 'white', 'black']

const colourOf = (options: readonly string[]): EximColour | null =>
  (options.map(option => option.slice(2)).find(name => COLOURS.includes(name)) ?? null) as EximColour | null

const error = (message: string): EximLine => ({verb: 'error', message})

/**
 * One request, its end removed, as latin1 text. The null sender is `<>`, or a missing second word of three:
 * `--grey IP  RECIPIENT`, which is what `$sender_address` leaves when it is empty.
 */
export const parseEximLine = (line: string): EximLine => {
  if (line.length > MAX_EXIM_BYTES) return error('line too long')
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) return error('control character in line')
  const all = textOfLatin1(line).toLowerCase().trim().split(/[ \t]/)
  const named = COMMANDS.includes(all[0] ?? '')
  const verb = named ? (all[0] as string) : 'update'
  const rest = named ? all.slice(1) : all
  const options: string[] = []
  while (rest[0]?.startsWith('--') === true) options.push(rest.shift() as string)
  const words = rest.filter(word => word !== '')
  switch (verb) {
    case 'update':
    case 'check':
    case 'status':
      return decisionLine(verb, colourOf(options), rest)
    case 'add':
    case 'delete':
      return words.length === 0 ? error('no data supplied') : {verb, list: colourOf(options) ?? 'white', words}
    default:
      return {verb: verb as 'stats' | 'mrtg' | 'list' | 'clear' | 'save' | 'reload'}
  }
}

/** `raw` still holds an empty word where two blanks stand together: there an address was empty. */
const decisionLine = (verb: 'update' | 'check' | 'status', ask: EximColour | null, raw: readonly string[]): EximLine => {
  const words = raw.filter(word => word !== '')
  const [ip, second, third] = words
  if (ip === undefined) return error('no data supplied')
  const plain = (address: string): string => address.replace(/^<(.*)>$/, '$1')
  if (second === undefined) return {verb, ask, ip, sender: null, recipient: null}
  if (third !== undefined) return {verb, ask, ip, sender: plain(second), recipient: plain(third)}
  const gap = raw.indexOf('', raw.indexOf(ip))
  const nullSender = gap !== -1 && gap < raw.lastIndexOf(second)
  return {verb, ask, ip, sender: nullSender ? '' : plain(second), recipient: nullSender ? plain(second) : null}
}

/** The answer to a decision: no line end, as greylistd and as Exim's fourth argument need it. */
export const formatEximStatus = (status: EximStatus, ask: EximColour | null): string =>
  ask === null ? status : String(status === ask)
