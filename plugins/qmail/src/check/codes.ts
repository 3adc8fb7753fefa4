// The stable codes of `check`: what each means, how grave it is, and what repair does about it.
import {STATE_ROWS, type StateCode} from '../message/state-table.js'

/** The illegal rows of the state table. */
export const STATE_CODES = [
  'leftover-intd',
  'former-bounce',
  'orphan-under-new',
  'info-lost',
  'todo-without-mess',
  'intd-without-mess',
  'info-without-mess',
  'orphan-channel',
  'orphan-bounce',
] as const satisfies readonly StateCode[]

/** `notice`: litter, or a pity. `error`: a message or the queue suffers. `danger`: somebody else's message will. */
export type FindingSeverity = 'notice' | 'error' | 'danger'

/** What holds for every finding of a code. */
export interface CodeFacts {
  readonly severity: FindingSeverity
  /** What is wrong, one phrase. */
  readonly what: string
  /** What repair does; '' where it does nothing. */
  readonly repair: string
  /** True when a running qmail-send would trip over the repair. */
  readonly needsStop: boolean
}

const entry = (severity: FindingSeverity, what: string, repair = '', needsStop = false): CodeFacts =>
  Object.freeze({severity, what, repair, needsStop})

const STATES = Object.fromEntries(
  STATE_CODES.map(code => {
    const {severity, meaning, repair} = STATE_ROWS[code]
    return [code, entry(severity === 'none' ? 'notice' : severity, meaning, `take away ${repair.join(', ')}`, true)]
  }),
) as Record<(typeof STATE_CODES)[number], CodeFacts>

const ALL = 'take the whole message away, into the trash'

const OTHERS = {
  'number-differs': entry(
    'error',
    'mess file whose inode number is not its name, as after a copy: the next message of this number cannot be injected',
    'rename all files of the message to the inode number, where that is free',
    true,
  ),
  'wrong-split': entry('error', 'message file in a directory where qmail does not look for it', 'move it', true),
  'wrong-owner': entry('error', 'owned by another user or group than qmail gives it', 'change the owner'),
  'wrong-mode': entry('error', 'not the mode that qmail gives it', 'change the mode'),
  'info-unreadable': entry('error', 'info file without a sender record: qmail-send cannot open the message', ALL, true),
  'channel-unreadable': entry('error', 'channel file that begins with an unknown record: stays for ever', ALL, true),
  'todo-unreadable': entry('error', 'envelope that qmail-send cannot preprocess: tried at each scan, for ever', ALL, true),
  'channel-stuck': entry('error', 'unknown record in a channel file: qmail-send stops there, at every attempt'),
  'channel-empty': entry('error', 'empty channel file: its recipients are lost, qmail-send takes them for done'),
  'unterminated': entry('error', 'the last record lacks its final NUL: qmail-send does not see it'),
  'trailing-bytes': entry('notice', 'bytes after the sender record; qmail-send ignores them'),
  'second-sender': entry('notice', 'more than one sender record in an envelope'),
  'envelope-differs': entry('notice', 'todo and intd file of one message are not the same file'),
  'foreign-name': entry('notice', 'name that is no message number; never touched'),
  'foreign-object': entry('notice', 'directory, link or device where a message file belongs; never touched'),
  'alien-directory': entry('notice', 'directory that no queue has; never touched'),
  'unknown-channel': entry('notice', 'looks like a copy of a channel; never touched'),
  'missing-directory': entry('error', 'directory is missing: qmail-send waits for it with an alert', 'make it'),
  'split-gap': entry('error', 'a directory of the split is missing: messages of these numbers fail', 'make it'),
  'split-differs': entry('error', 'directories beyond the split of the others'),
  'todo-split-differs': entry('error', 'numbered directory that this build takes for a message', 'take it away if it is empty'),
  'not-a-directory': entry('error', 'no directory, or a link to one, where a directory of the queue belongs'),
  'trigger-missing': entry('error', 'lock/trigger is missing: new mail waits up to 25 minutes', 'make the FIFO', true),
  'trigger-not-fifo': entry('error', 'lock/trigger is no FIFO: new mail waits up to 25 minutes', 'make the FIFO', true),
  'sendmutex-missing': entry('error', 'lock/sendmutex is missing: qmail-send does not start', 'make the file', true),
  'sendmutex-not-file': entry('error', 'lock/sendmutex is no plain file'),
  'tcpto-missing': entry('notice', 'lock/tcpto is missing: dead hosts are not remembered'),
  'tcpto-size': entry('notice', 'lock/tcpto has not 1024 bytes: too few dead hosts are remembered', 'make it 1024 bytes'),
  'pid-leftover': entry('notice', 'scratch file of an injection that ended more than 36 hours ago', 'take it away'),
} as const satisfies Record<string, CodeFacts>

/** Codes of findings; they stay as they are, since scripts depend on them. */
export type FindingCode = keyof typeof STATES | keyof typeof OTHERS

/** All codes, those of the state table first. */
export const CODES: Readonly<Record<FindingCode, CodeFacts>> = Object.freeze({...STATES, ...OTHERS})

/** The codes in the order in which they are shown: the gravest first. */
export const CODES_BY_GRAVITY: readonly FindingCode[] = (['danger', 'error', 'notice'] as const).flatMap(severity =>
  (Object.keys(CODES) as FindingCode[]).filter(code => CODES[code].severity === severity),
)
