// Stands in for qmail-send in tests: waits on the trigger, preprocesses, ends messages, remembers what it has seen
//
// Started as `flock --no-fork -n -x -E 111 QUEUE/lock/sendmutex node fake-qmail-send.mjs QUEUE [options]`, so that the
// process that holds the lock, in /proc/locks too, is this one. What it does, in the words of qmail-send's log:
// - at the start it reads info/, and never again; later messages it learns of through todo/ alone;
// - at the start and at each byte in lock/trigger (--preprocess): todo/N becomes info/N and local/N or remote/N
//   (--local-domain is local), then intd/N and todo/N go; `new msg N`;
// - at ALRM: channel files in which every record is D are removed; a message without channels is ended: its bounce/N is
//   thrown away with `bounce msg N`, `end msg N`. It delivers nothing: T stays T. A channel file that it had seen and
//   that is gone gives `warning: trouble opening C/N; will try again later`;
// - at TERM: `status: exiting` after --term milliseconds; with --term never it logs the signal and stays.
// @ts-check
import {existsSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync} from 'node:fs'
import {Socket} from 'node:net'
import {parseArgs} from 'node:util'
import {channelBytes, infoBytes} from './queue/records.js'

const {values: options, positionals: [queue = '.']} = parseArgs({
  allowPositionals: true,
  options: {
    term: {type: 'string', default: '0'},
    preprocess: {type: 'boolean', default: false},
    'local-domain': {type: 'string', default: 'local.example'},
  },
})
process.chdir(queue)
process.title = 'qmail-send'

const log = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)
const split = readdirSync('mess').filter((name) => /^\d+$/.test(name)).length
const place = (/** @type {string} */ directory, /** @type {string} */ number) =>
  `${directory}/${BigInt(number) % BigInt(split)}/${number}`
const bigtodo = existsSync('todo/0') && statSync('todo/0').isDirectory()
const flat = (/** @type {string} */ directory, /** @type {string} */ number) =>
  bigtodo ? place(directory, number) : `${directory}/${number}`
const channels = ['local', 'remote', 'suppl0', 'suppl1'].filter((channel) => existsSync(channel))

/** What it remembers: the channels of each message. @type {Map<string, Set<string>>} */
const known = new Map()

const remember = (/** @type {string} */ number) =>
  known.set(number, new Set(channels.filter((channel) => existsSync(place(channel, number)))))

const preprocess = (/** @type {string} */ number) => {
  const records = readFileSync(flat('todo', number), 'latin1').split('\0')
  const sender = records.find((record) => record.startsWith('F'))?.slice(1) ?? ''
  const recipients = records.filter((record) => record.startsWith('T')).map((record) => ({address: record.slice(1)}))
  for (const path of [...channels, 'info'].map((directory) => place(directory, number))) {
    if (existsSync(path)) unlinkSync(path)
  }
  const local = (/** @type {{address: string}} */ {address}) => address.endsWith(`@${options['local-domain']}`)
  const byChannel = {local: recipients.filter(local), remote: recipients.filter((recipient) => !local(recipient))}
  writeFileSync(place('info', number), infoBytes(sender), {mode: 0o600})
  for (const [channel, list] of Object.entries(byChannel)) {
    if (list.length > 0) writeFileSync(place(channel, number), channelBytes(list), {mode: 0o600})
  }
  if (existsSync(flat('intd', number))) unlinkSync(flat('intd', number))
  unlinkSync(flat('todo', number))
  log(`new msg ${number}`)
  remember(number)
}

const numbersIn = (/** @type {string} */ directory, /** @type {boolean} */ isSplit) =>
  (isSplit ? readdirSync(directory).flatMap((part) => readdirSync(`${directory}/${part}`)) : readdirSync(directory))
    .filter((name) => /^\d+$/.test(name))

const readTodo = () => {
  if (!options.preprocess) return
  for (const number of numbersIn('todo', bigtodo)) {
    if (existsSync(place('mess', number))) preprocess(number)
    else log(`warning: unable to stat ${place('mess', number)}`)
  }
}

const finish = (/** @type {string} */ number, /** @type {Set<string>} */ open) => {
  for (const channel of open) {
    const path = place(channel, number)
    if (!existsSync(path)) {
      log(`warning: trouble opening ${path}; will try again later`)
    } else if (readFileSync(path, 'latin1').split('\0').every((record) => record === '' || record.startsWith('D'))) {
      unlinkSync(path)
      open.delete(channel)
    }
  }
  if (open.size > 0) return
  known.delete(number)
  if (existsSync(`bounce/${number}`)) {
    log(`bounce msg ${number} qp 0`)
    unlinkSync(`bounce/${number}`)
  }
  log(`end msg ${number}`)
  for (const path of [place('info', number), flat('intd', number), place('mess', number)]) {
    if (existsSync(path)) unlinkSync(path)
    else if (!path.startsWith('intd')) log(`warning: unable to unlink ${path}; will try again later`)
  }
}

for (const number of numbersIn('info', true)) remember(number)
// O_RDWR: a reader that is its own writer sees no end of file when an injector closes the FIFO.
const trigger = new Socket({fd: openSync('lock/trigger', 'r+'), writable: false})
trigger.on('data', readTodo)
process.on('SIGALRM', () => {
  log('status: alarm')
  for (const [number, open] of known) finish(number, open)
  log('status: alarm done')
})
process.on('SIGHUP', () => log('status: reread'))
process.on('SIGTERM', () => {
  log('status: terminating')
  if (options.term === 'never') return
  setTimeout(() => {
    log('status: exiting')
    process.exit(0)
  }, Number(options.term))
})
readTodo()
log('status: local 0/10 remote 0/20')
