// Runs the filter as tcpserver would: environment, client on stdin and stdout, log on stderr.
import {spawn} from 'node:child_process'

/** What one run came to. */
export interface FilterRun {
  readonly stdout: string
  readonly stderr: string
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly ms: number
}

/** How to run it. */
export interface FilterOptions {
  readonly env?: Record<string, string>
  readonly args?: readonly string[]
  /** What the client says, all at once; stdin stays open for `holdMs` after it. */
  readonly input?: string | Buffer
  readonly hold?: boolean
  readonly program?: readonly string[]
  /** Shell words that run before the filter: `ulimit -v 16000`. */
  readonly before?: string
}

/** Prints a mark and what is left of the client's words: proof that it was exec'ed and nothing was eaten. */
export const CHILD = ['sh', '-c', 'echo child; exec cat'] as const

/** The filter, run once; a client whose input is not held ends its side. */
export const runFilter = async (path: string, {env = {}, args = [], input = '', hold = false, program = CHILD, before = ''}: FilterOptions = {}): Promise<FilterRun> => {
  const began = performance.now()
  const child = spawn('sh', ['-c', `${before === '' ? '' : `${before}; `}exec "$@"`, 'sh', path, ...args, ...program], {
    env: {PATH: process.env['PATH'] ?? '', TCPREMOTEIP: '192.0.2.1', ...env},
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('latin1').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  if (hold) child.stdin.write(input)
  else child.stdin.end(input)
  return new Promise(resolve => child.once('close', (status, signal) => resolve({stdout, stderr, status, signal, ms: performance.now() - began})))
}
