// Man pages from the commands' own help: mailops(1) and one page a topic. Usage: node packaging/man.mjs DIRECTORY
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'

import {commands, topics, version} from './commands.mjs'

// A line that begins with a dot or a quote would be a request; a hyphen would be typeset as one (groff_char(7)).
const text = plain => plain.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll(/^(?=[.'])/gm, '\\&')
const bold = plain => `\\fB${text(plain)}\\fP`
const italic = plain => `\\fI${text(plain)}\\fP`
// In quoted macro arguments a double quote ends the argument.
const quoted = plain => `"${text(plain).replaceAll('"', '\\(dq')}"`

const paragraphs = plain => plain.split(/\n\n+/).filter(Boolean).map(part => `.PP\n${text(part).replaceAll(/`([^`]+)`/g, '\\fB$1\\fP')}`).join('\n')

const flagLine = ({name, char, allowNo, takesValue, value}) => {
  const long = bold(`--${allowNo ? '[no-]' : ''}${name}`)
  return `${char === undefined ? '' : `${bold(`-${char}`)}, `}${long}${takesValue ? ` ${italic(value)}` : ''}`
}

const flagEntry = flag => `.TP\n${flagLine(flag)}\n${text(flag.text)}${flag.default === undefined ? '' : ` (default: ${text(flag.default)})`}`

const synopsis = ({words, args, flags}) => {
  const given = args.map(({name, required}) => ` ${required ? italic(name) : `[${italic(name)}]`}`).join('')
  return `${bold(['mailops', ...words].join(' '))}${given}${flags.length > 0 ? ` [${italic('options')}]` : ''}`
}

const section = command =>
  [
    `.SS ${quoted(['mailops', ...command.words].join(' '))}`,
    synopsis(command),
    paragraphs(`${command.summary}.`),
    paragraphs(command.description),
    ...command.args.filter(({text: about}) => about !== '').map(({name, text: about}) => `.TP\n${italic(name)}\n${text(about)}`),
    ...command.flags.map(flagEntry),
    ...(command.examples.length > 0 ? ['.PP\nExamples:', '.PP', '.nf', '.RS', ...command.examples.map(text), '.RE', '.fi'] : []),
  ].join('\n')

const page = ({name, summary, body, others}) =>
  [
    `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`mailops ${version}`)} "User Commands"`,
    `.SH NAME\n${text(name)} \\- ${text(summary)}`,
    body,
    `.SH "SEE ALSO"\n${others.map(other => `${bold(other)}(1)`).join(',\n')}`,
    '',
  ].join('\n')

const EXIT = [
  [0, 'done'], [1, 'a check found something; the question was answered with no'], [64, 'usage'], [65, 'bad data'],
  [66, 'no such file, queue, message or change'], [69, 'a program or service is not available'], [70, 'a bug'],
  [73, 'cannot create: no room, read-only, there already'], [74, 'input/output error'],
  [75, 'try again: busy, changed meanwhile, part was skipped'], [77, 'no permission'], [78, 'configuration'], [130, 'interrupted'],
]

const topicPage = ({name, summary}) =>
  page({
    name: `mailops-${name}`,
    summary,
    body: `.SH COMMANDS\n${commands.filter(({topic}) => topic === name).map(section).join('\n')}`,
    others: ['mailops', ...topics.filter(other => other.name !== name).map(other => `mailops-${other.name}`)],
  })

const mainPage = () =>
  page({
    name: 'mailops',
    summary: 'look into, empty, repair, shrink and move what mail servers keep on disk',
    body: [
      `.SH SYNOPSIS\n${bold('mailops')} ${italic('TOPIC COMMAND')} [${italic('options')}]`,
      '.SH DESCRIPTION\nEvery command that changes something makes a plan first: \\fB\\-\\-dry\\-run\\fP prints it, a journal records it, \\fBmailops undo\\fP takes it back, \\fBmailops recover\\fP finishes or takes back what a crash cut off.',
      `.SH TOPICS\n${topics.map(({name, summary}) => `.TP\n${bold(`mailops-${name}`)}(1)\n${text(summary)}`).join('\n')}`,
      `.SH COMMANDS\n${commands.filter(({topic}) => topic === '').map(section).join('\n')}`,
      `.SH "EXIT STATUS"\n${EXIT.map(([status, meaning]) => `.TP\n${bold(String(status))}\n${text(meaning)}`).join('\n')}`,
      `.SH ENVIRONMENT\n.TP\n${bold('MAILOPS_STATE_DIR')}\njournal, backups and stores, instead of /var/lib/mailops\n.TP\n${bold('MAILOPS_CONFIG_DIR')}\nsettings, instead of /etc/mailops\n.TP\n${bold('NO_COLOR')}\nno colours`,
    ].join('\n'),
    others: topics.map(({name}) => `mailops-${name}`),
  })

const directory = process.argv[2]
if (directory === undefined) throw new Error('usage: node packaging/man.mjs DIRECTORY')
mkdirSync(directory, {recursive: true})
writeFileSync(join(directory, 'mailops.1'), mainPage())
for (const topic of topics) writeFileSync(join(directory, `mailops-${topic.name}.1`), topicPage(topic))
