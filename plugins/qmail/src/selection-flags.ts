// The options that choose a queue and messages in it: the same for list, stats, purge, retry, hold, release, restore.
import {Flags} from '@oclif/core'

import {OpsError} from 'mailops/core'

import {chooseQueue, openQueue, type OpenQueue} from './effects/reading/index.js'
import {MESSAGE_STATES} from './message/state.js'
import {compileSelection, type CompiledSelection} from './selection/compile.js'
import {idWords, selectionOf, type Selection, type SelectionFlags} from './selection/selection.js'

const QUEUE = 'QUEUE'
const SELECTION = 'SELECTION'
const NOT = 'SELECTION: NOT'

const value = (description: string, helpValue: string) =>
  Flags.string({description, helpValue, multiple: true, multipleNonGreedy: true, helpGroup: SELECTION})
const notValue = (name: string, helpValue: string) =>
  Flags.string({description: `leave out what --${name} would take`, helpValue, multiple: true, multipleNonGreedy: true, helpGroup: NOT})
const yes = (description: string) => Flags.boolean({description, helpGroup: SELECTION})
const notYes = (name: string) => Flags.boolean({description: `leave out what --${name} would take`, helpGroup: NOT})

/** --queue and --control. */
export const queueFlags = {
  queue: Flags.string({description: 'queue directory; found where there is only one', helpValue: 'DIR', env: 'MAILOPS_QMAIL_QUEUE', helpGroup: QUEUE}),
  control: Flags.string({description: 'directory of locals and virtualdomains; found from the queue', helpValue: 'DIR', helpGroup: QUEUE}),
}

/** The selectors and their negations. Different options mean and, an option given twice means or. */
export const selectionFlags = {
  id: value('message number; - reads them from standard input', 'N'),
  'not-id': notValue('id', 'N'),
  sender: value("envelope sender: address, @domain, @*.domain, glob or /regex/i; '' is the null sender", 'P'),
  'not-sender': notValue('sender', 'P'),
  recipient: value('envelope recipient still to be done, patterns as for --sender', 'P'),
  'not-recipient': notValue('recipient', 'P'),
  subject: value('decoded subject: a part of it, glob or /regex/i', 'P'),
  'not-subject': notValue('subject', 'P'),
  header: value('a header field', "'Name: P'"),
  'not-header': notValue('header', "'Name: P'"),
  body: value('text or /regex/i in the body as it was sent', 'P'),
  'not-body': notValue('body', 'P'),
  'older-than': value('in the queue for longer than 90m, 36h, 2d, 1w', 'AGE'),
  'not-older-than': notValue('older-than', 'AGE'),
  'newer-than': value('in the queue for less than', 'AGE'),
  'not-newer-than': notValue('newer-than', 'AGE'),
  'larger-than': value('larger than 10k, 1M', 'SIZE'),
  'not-larger-than': notValue('larger-than', 'SIZE'),
  'smaller-than': value('smaller than', 'SIZE'),
  'not-smaller-than': notValue('smaller-than', 'SIZE'),
  state: value(MESSAGE_STATES.join(', '), 'STATE'),
  'not-state': notValue('state', 'STATE'),
  bounces: yes('null sender and #@[]: bounces and double bounces'),
  'not-bounces': notYes('bounces'),
  local: yes('with local recipients to be done'),
  'not-local': notYes('local'),
  remote: yes('with remote recipients to be done'),
  'not-remote': notYes('remote'),
}

/** A selection as typed and as a function. */
export interface GivenSelection {
  readonly selection: Selection
  readonly compiled: CompiledSelection
}

/**
 * Takes parsed flags and returns the selection; reads standard input for `--id -` and only then.
 * @throws OpsError 64 for values that make no sense; `NO_IDS` when `-` gave none, since no id would mean every message
 */
export const selectionFrom = async (flags: SelectionFlags): Promise<GivenSelection> => {
  const given = flags['id'] as readonly string[] | undefined
  if ((flags['not-id'] as readonly string[] | undefined)?.includes('-'))
    throw new OpsError('USAGE', "--not-id '-': only --id reads standard input", {exit: 'usage'})
  const id = given?.includes('-') ? await withStdinIds(given) : given
  const selection = selectionOf({...flags, ...(id && {id})})
  return {selection, compiled: compileSelection(selection, Date.now() / 1000)}
}

const withStdinIds = async (values: readonly string[]): Promise<string[]> => {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer))
  const ids = [...values.filter(id => id !== '-'), ...idWords(Buffer.concat(chunks).toString('latin1'))]
  if (ids.length > 0) return ids
  throw new OpsError('NO_IDS', 'standard input has no message numbers for --id -', {
    exit: 'usage',
    hint: 'mailops qmail list --json | jq -r .id | mailops qmail list --id -',
  })
}

/** Takes parsed flags and returns the queue they mean, opened; `warn` hears what is wrong with its directories. */
export const queueFrom = (
  {queue, control}: {queue?: string | undefined; control?: string | undefined},
  warn: (text: string) => void,
): OpenQueue => {
  const opened = openQueue(chooseQueue(queue), {control})
  for (const {message, severity} of opened.problems) if (severity === 'error') warn(`${opened.path}: ${message}`)
  return opened
}
