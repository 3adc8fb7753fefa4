// A small shell that outlives us: it stops and starts the service for us, and starts it again when we die in between.
//
// It sits in a session of its own, so that ^C and the end of the terminal miss it, and holds nothing of ours but two
// pipes: the end of the one that it reads is our death, SIGKILL included. It runs the stop command too; were that a child
// of ours, it could still be on its way when the guardian already starts the service. Whoever kills the whole control
// group (systemctl stop on *our* unit) kills it as well.
import {spawn} from 'node:child_process'
import type {Readable, Writable} from 'node:stream'
import {fromSystem, OpsError} from '../../errors.js'
import {find, need, type Argv} from '../process.js'
import type {Report} from './make.js'

/** The commands that a guardian runs. */
export interface GuardianOptions {
  stop: Argv
  start: Argv
  /** Run before `start` when we died while the service was stopped. */
  recover?: Argv
  /** The commands may leave a daemon behind that would keep the pipe of their output: it goes to /dev/null. */
  loose: boolean
  /** Must be gone before `start` runs; see Service.servingPid. */
  servingPid: number | null
  /** A stop command that takes longer is killed. */
  stopTimeoutMs: number
}

/** A guardian at work: it takes one order after the other. */
export interface Guardian {
  pid: number
  stop(): Promise<Report>
  /** Answers when the start command has ended; one that stays in the foreground never answers, and may. */
  start(): Promise<Report>
  /** Sends it home; nothing is started. */
  dismiss(): void
}

const RECOVER_SECONDS = 600
// Ten a second: an hour, longer than any delivery attempt that a mail server waits for before it ends.
const GONE_TURNS = 36_000

const quote = (argv: Argv): string => argv.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')

const resolved = (argv: Argv): Argv => [need(argv[0]), ...argv.slice(1)]

/** timeout(1) is everywhere but in the smallest systems; without it a hanging command is waited for. */
const limited = (seconds: number, argv: Argv): Argv => {
  const timeout = find('timeout')
  return timeout === null ? resolved(argv) : [timeout, '-k', '5', String(seconds), ...resolved(argv)]
}

/**
 * PIPE is ignored because our end may be gone when it reports. `apart` gives a command default signals again: a daemon
 * started with TERM ignored could never be stopped. Recovery that finds our lock not yet free (75) is tried again.
 */
const script = ({stop, start, recover, loose, servingPid, stopTimeoutMs}: GuardianOptions): string => `
trap '' HUP INT TERM PIPE
apart() { trap - HUP INT TERM PIPE; exec 3>&- </dev/null; exec "$@"; }
quiet() { (apart "$@") >/dev/null 2>&1; }
say() { ${loose ? 'quiet "$@"; status=$?; out=' : 'out=$( (apart "$@") 2>&1 >/dev/null ); status=$?'}
  printf '%s\\n=%s\\n' "$out" "$status" >&3; }
${waitFor(servingPid)}
stopped=
echo ready >&3
while IFS= read -r word; do
  case $word in
    stop) stopped=1; say ${quote(limited(Math.ceil(stopTimeoutMs / 1000) + 1, stop))} ;;
    start) gone; stopped=; say ${quote(resolved(start))} ;;
    dismiss) exit 0 ;;
  esac
done 2>/dev/null
[ -n "$stopped" ] || exit 0
gone
${recover === undefined ? '' : `
for turn in 1 2 3 4 5; do
  quiet ${quote(limited(RECOVER_SECONDS, recover))}
  [ $? = 75 ] || break
  sleep 1
done`}
quiet ${quote(resolved(start))}
`

/** A zombie that nobody waits for is as good as gone. */
const waitFor = (pid: number | null): string => pid === null ? 'gone() { :; }' : `
gone() {
  turn=0
  while [ $turn -lt ${GONE_TURNS} ] && kill -0 ${pid}; do
    case $(sed -n 's/^State:[[:space:]]*//p' /proc/${pid}/status) in Z*) break ;; esac
    sleep 0.1 || sleep 1
    turn=$((turn + 1))
  done 2>/dev/null
}`

/** Cuts the guardian's answers out of what it writes: `ready`, then for each command its words and `=STATUS`. */
const answers = (stream: Readable): (() => Promise<string>) => {
  let text = ''
  let ended = false
  let wake: (() => void) | undefined
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    wake?.()
  })
  for (const event of ['end', 'error'])
    stream.on(event, () => {
      ended = true
      wake?.()
    })
  return async () => {
    for (;;) {
      const match = /^ready\n|^[^]*?\n=\d+\n/.exec(text)
      if (match !== null) {
        text = text.slice(match[0].length)
        return match[0]
      }
      if (ended) throw new OpsError('GUARDIAN', 'the process that guards the stopped service has ended', {exit: 'unavailable'})
      await new Promise<void>(done => (wake = done))
    }
  }
}

const reportOf = (answer: string): Report => {
  const [, output = '', status = ''] = /^([^]*?)\n=(\d+)\n$/.exec(answer) ?? []
  return {status: Number(status), output}
}

/** Starts a guardian and waits until it listens; nothing is stopped yet. */
export const startGuardian = async (options: GuardianOptions): Promise<Guardian> => {
  const child = spawn('/bin/sh', ['-c', script(options), 'mailops-guardian'], {
    // Neither our stdout nor our stderr: who reads a pipe of ours would wait for its end.
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'], detached: true, cwd: '/',
  })
  const spawned = new Promise<never>((_, fail) => child.once('error', error => fail(fromSystem(error, 'run', '/bin/sh'))))
  const input = child.stdin as Writable & {unref?: () => void}
  const output = child.stdio[3] as Readable & {unref?: () => void}
  input.on('error', () => {
    // EPIPE: it was killed; the answer that then does not come says so
  })
  const nextAnswer = answers(output)
  await Promise.race([nextAnswer(), spawned])
  // One after the other: the answer to a stop that took too long must not be taken for that to the start.
  let before: Promise<unknown> | undefined
  const order = (word: string): Promise<Report> => {
    input.write(`${word}\n`)
    const earlier = before
    const answer = (async () => {
      await earlier
      return reportOf(await nextAnswer())
    })()
    before = answer.catch(() => {}) // told to whoever gave that order
    return answer
  }
  return {
    pid: child.pid ?? 0,
    stop: () => order('stop'),
    start: () => order('start'),
    dismiss: () => {
      input.end('dismiss\n')
      // A start command that stays in the foreground keeps it for as long as the service lives; not us.
      for (const part of [child, input, output]) part.unref?.()
    },
  }
}
