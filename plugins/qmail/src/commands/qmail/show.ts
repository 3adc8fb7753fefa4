// mailops qmail show: all about one message, or the message itself.
import {Args, Flags} from '@oclif/core'

import {MailopsCommand, OpsError} from 'mailops'

import {detailsOf} from '../../effects/listing/details.js'
import {fieldsOf, printMessage, textOf} from '../../effects/listing/print-message.js'
import {MessageReader, lookUp, type OpenQueue} from '../../effects/reading/index.js'
import {detailLines, type MessageDetails} from '../../listing/details.js'
import {unreadableReport} from '../../listing/unreadable.js'
import {parseNumber} from '../../queue/number.js'
import {queueFlags, queueFrom} from '../../selection-flags.js'

export default class Show extends MailopsCommand {
  static override summary = 'all about one message of a qmail queue'
  static override description =
    'Shows envelope, recipients done and to be done, failures so far and files of a message; or its header, its body, or ' +
    'all of it as it is. Control characters are shown as escapes, with --raw too when it goes to a terminal. When a ' +
    'message will be tried again is known only while qmail-send is stopped.\n\n' +
    'Exit status: 0 shown; 64 usage; 65 not a queue; 66 no such message or no queue; 74 or 77 part of it could not be read.'
  static override examples = [
    '<%= config.bin %> qmail show 1234567',
    '<%= config.bin %> qmail show 1234567 --headers',
    '<%= config.bin %> qmail show 1234567 --raw > message.eml',
  ]
  static override args = {id: Args.string({description: 'message number', required: true, ignoreStdin: true})}
  static override flags = {
    ...queueFlags,
    headers: Flags.boolean({description: 'the header', exclusive: ['body', 'raw']}),
    body: Flags.boolean({description: 'the body, as it was sent', exclusive: ['headers', 'raw']}),
    raw: Flags.boolean({description: 'header and body, byte for byte', exclusive: ['headers', 'body']}),
  }

  override async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Show)
    this.listen(flags)
    const queue = queueFrom(flags, text => void this.warn(text))
    const wantsContent = flags.headers || flags.body || flags.raw
    const {reader, details} = await read(queue, args.id)
    if (wantsContent && reader.mess() === null)
      throw new OpsError('NO_MESS', `message ${args.id} of ${queue.path} has no file in mess/ that could be read`, {exit: 'noInput'})
    if (this.jsonEnabled()) {
      const document = {
        ...details,
        ...(flags.headers && {headers: fieldsOf(reader)}),
        ...(flags.body && {body: textOf(reader, 'body')}),
        ...(flags.raw && {raw: textOf(reader, 'raw')}),
      }
      this.#complain(reader)
      return document
    }
    if (wantsContent) printMessage(reader, flags)
    else for (const line of detailLines(details, this.width)) this.data(line)
    this.#complain(reader)
    return undefined
  }

  #complain({problems, problemCount}: MessageReader): void {
    const {warnings, exit} = unreadableReport(problems, problemCount)
    for (const warning of warnings) this.warn(warning)
    if (exit !== undefined) process.exitCode = exit
  }
}

const TRIES = 4

const read = async (queue: OpenQueue, id: string): Promise<{reader: MessageReader; details: MessageDetails}> => {
  const number = parseNumber(id)
  if (number === undefined) throw new OpsError('USAGE', `'${id}' is not a message number`, {exit: 'usage', hint: 'mailops qmail list'})
  const reader = new MessageReader(queue)
  for (let tries = 0; tries < TRIES; tries++) {
    const presence = lookUp(queue, number)
    if (presence === 0) break
    const details = await detailsOf(queue, reader.load(number, presence), Date.now() / 1000)
    // Else qmail was at work on it: looked up and read once more.
    if (!reader.vanished) return {reader, details}
  }
  throw new OpsError('NO_MESSAGE', `${queue.path} has no message ${id}`, {exit: 'noInput', hint: 'mailops qmail list'})
}
