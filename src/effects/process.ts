// Runs other programs: no shell, arguments as they are, output bounded, nothing left behind after a timeout.
import {spawn, type ChildProcess} from 'node:child_process'
import {accessSync, constants, existsSync, statSync} from 'node:fs'
import {delimiter, isAbsolute, join} from 'node:path'
import type {Duplex} from 'node:stream'
import {fromSystem, OpsError} from '../errors.js'
import {cleanedUp} from './interrupt.js'
import {identityOf, type Identity} from './lock/identity.js'

/** A program and its arguments; a first element without a slash is looked for by `find`. */
export type Argv = readonly [string, ...string[]]

/** What a program gets, and how far it may go. */
export interface RunOptions {
  /** Bytes (or latin1 text) for its stdin; without it stdin is empty. */
  input?: Uint8Array | string
  /** After so long its whole process group is killed and `timedOut` is true; without it there is no limit. */
  timeoutMs?: number
  /** Added to our environment and LC_ALL=C. */
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** Of stdout and stderr together, 64 MiB unless told; more is an OpsError, never a cut text. */
  maxOutputBytes?: number
  /** stdout and stderr go to /dev/null: for commands that leave a daemon behind, which would keep our pipes. */
  discardOutput?: boolean
  /** Called with the process before it becomes the program, which never begins when we die first or when this throws. */
  announce?: (identity: Identity) => void
  /** A signal that ends us ends it too: for programs that only answer a question. Others are left to come to their end. */
  endsWithUs?: boolean
}

/** How a program ended and what it said. */
export interface Outcome {
  /** Exit status, or null when a signal ended it. */
  status: number | null
  signal: NodeJS.Signals | null
  /** One character a byte (latin1): addresses and file names come through whole. */
  stdout: string
  stderr: string
  timedOut: boolean
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
// A daemon that a command left behind may hold its pipes for ever: what came until then is what there is.
const PIPES_AFTER_EXIT_MS = 500
// Directories that cron and su leave out of PATH; /command is where slashpackage puts daemontools.
const ALSO = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/command']
const WINDOWS = process.platform === 'win32'

const searchPath = (): string[] => {
  // A relative directory in PATH would let the current directory choose what root runs.
  const named = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  return [...new Set(WINDOWS ? named : [...named, ...ALSO])]
}

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false // absent, or not for us: both mean that the search goes on
  }
}

/** The absolute path of a program, from PATH, the sbin directories and /command; null when it is not there. */
export const find = (program: string): string | null => {
  const suffixes = WINDOWS && !/\.(exe|com)$/i.test(program) ? ['.exe', '.com'] : ['']
  const bases = /[/\\]/.test(program) ? [program] : searchPath().map(directory => join(directory, program))
  for (const base of bases) for (const suffix of suffixes) if (executable(base + suffix)) return base + suffix
  return null
}

/** As `find`, but a program that is not there is an OpsError (69) that names it. */
export const need = (program: string): string => {
  const path = find(program)
  if (path !== null) return path
  const where = program.includes('/') ? '' : ` (looked in ${searchPath().join(delimiter)})`
  throw new OpsError('NO_PROGRAM', `${program} is not on this machine, or not executable${where}`, {exit: 'unavailable'})
}

const notStarted = (error: unknown, file: string, cwd: string | undefined): unknown =>
  // spawn(2) reports a missing working directory as if the program were missing.
  cwd !== undefined && !existsSync(cwd) ? fromSystem(error, 'enter', cwd) : fromSystem(error, 'run', file)

const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid === undefined) return
    if (WINDOWS) child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // the group is gone already, which is what was wanted
  }
}

// Waits for its word and becomes the program; the end of the pipe without a word is our death.
const GATE = 'IFS= read -r word <&3 && [ "$word" = go ] || exit 125; exec 3<&-; exec "$@"'

const openGate = (child: ChildProcess, announce: (identity: Identity) => void): void => {
  const gate = child.stdio[3] as Duplex
  gate.on('error', () => {
    // EPIPE: it was killed meanwhile; its end tells.
  })
  try {
    const identity = child.pid === undefined ? null : identityOf(child.pid)
    if (identity === null) return
    announce(identity)
    gate.write('go\n')
  } finally {
    gate.end()
  }
}

/**
 * Runs a program to its end. No shell of ours sees its arguments, LC_ALL=C, a process group of its own: ^C on our terminal does not reach it.
 * A status other than 0 is for the caller to judge; a program that is not there is an OpsError (69).
 */
export const run = async (argv: Argv, options: RunOptions = {}): Promise<Outcome> => {
  const file = need(argv[0])
  const output = options.discardOutput === true ? 'ignore' : 'pipe'
  const announce = WINDOWS ? undefined : options.announce
  const [first, ...rest] = announce === undefined ? [file, ...argv.slice(1)] : ['/bin/sh', '-c', GATE, 'mailops', file, ...argv.slice(1)]
  const child = spawn(first!, rest, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', output, output, ...(announce === undefined ? [] : ['pipe' as const])],
    env: {...process.env, LC_ALL: 'C', ...options.env},
    detached: !WINDOWS,
    windowsHide: true,
    ...(options.cwd !== undefined && {cwd: options.cwd}),
  })
  const ended = options.endsWithUs === true ? cleanedUp(() => killGroup(child)) : () => undefined
  return new Promise((resolve, reject) => {
    child.once('exit', ended)
    child.once('error', ended)
    const collected = collect(child, options.maxOutputBytes ?? MAX_OUTPUT_BYTES)
    let timedOut = false
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => {
      timedOut = true
      killGroup(child)
    }, options.timeoutMs)
    const finish = (status: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer)
      if (collected.tooLong())
        reject(new OpsError('OUTPUT_TOO_LONG', `${file} wrote more than was expected of it`, {exit: 'io'}))
      else resolve({status, signal, stdout: collected.stdout(), stderr: collected.stderr(), timedOut})
    }
    child.once('error', error => {
      clearTimeout(timer)
      reject(notStarted(error, file, options.cwd))
    })
    child.once('close', finish)
    child.once('exit', (status, signal) => whenPipesStayOpen(child, () => finish(status, signal)))
    child.stdin?.on('error', () => {
      // EPIPE: it ended without reading all of its input; its status tells whether that is a fault
    })
    if (options.input !== undefined)
      child.stdin?.end(typeof options.input === 'string' ? Buffer.from(options.input, 'latin1') : options.input)
    // A throw here is the promise's failure.
    if (announce !== undefined) openGate(child, announce)
  })
}

const collect = (child: ChildProcess, limit: number) => {
  const chunks: {stdout: Buffer[]; stderr: Buffer[]} = {stdout: [], stderr: []}
  let bytes = 0
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limit) killGroup(child)
      else chunks[name].push(chunk)
    })
  return {
    tooLong: () => bytes > limit,
    stdout: () => Buffer.concat(chunks.stdout).toString('latin1'),
    stderr: () => Buffer.concat(chunks.stderr).toString('latin1'),
  }
}

const whenPipesStayOpen = (child: ChildProcess, finish: () => void): void => {
  const timer = setTimeout(() => {
    // One turn of the loop more: after a long synchronous job the timer comes before what the pipes still hold.
    setImmediate(() => setImmediate(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
      finish()
    }))
  }, PIPES_AFTER_EXIT_MS)
  child.once('close', () => clearTimeout(timer))
}
