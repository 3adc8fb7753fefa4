// Runs other programs: no shell, arguments as they are, output bounded, nothing left behind after a timeout.
import {spawn, type ChildProcess} from 'node:child_process'
import {accessSync, constants, existsSync, statSync} from 'node:fs'
import {delimiter, isAbsolute, join} from 'node:path'
import {fromSystem, OpsError} from '../errors.js'
import {cleanedUp} from './interrupt.js'

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

/**
 * Runs a program to its end. No shell, LC_ALL=C, a process group of its own: ^C on our terminal does not reach it.
 * A status other than 0 is for the caller to judge; a program that is not there is an OpsError (69).
 */
export const run = async (argv: Argv, options: RunOptions = {}): Promise<Outcome> => {
  const file = need(argv[0])
  const output = options.discardOutput === true ? 'ignore' : 'pipe'
  const child = spawn(file, argv.slice(1), {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', output, output],
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
