// Asks the real engine: postmap(1) with a table of ours.
import {freemem} from 'node:os'

import {isOpsError, OpsError} from 'mailops/core'
import {type Argv, find, need, run} from 'mailops/effects'

import type {Engine} from '../../table/pattern-use.js'
import {openScratch} from '../measure/scratch.js'

/** What postmap(1) said. */
export interface EngineAnswers {
  /** Results by key (latin1 text), hits only. */
  readonly answers: ReadonlyMap<string, string>
  /** Warnings that name a line of the table. */
  readonly warnings: readonly {readonly line: number; readonly text: string}[]
  /** It was not done in time, as with patterns that take for ever, or within its memory; then there may be no answers at all. */
  readonly timedOut: boolean
}

export interface Question {
  readonly engine: Engine
  /** The table, latin1 text. */
  readonly source: string
  /** Without newlines, not empty, not `-` alone. */
  readonly keys: readonly string[]
  readonly configDirectory?: string | undefined
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 20_000

/** True when there is a postmap(1) to ask. */
export const hasEngine = (): boolean => find('postmap') !== null

/** True for what `askEngine` throws where this Postfix has no such tables: whatever is known without it still holds. */
export const cannotAsk = (error: unknown): error is OpsError => isOpsError(error) && error.code === 'ENGINE'

/** /a{0,32767}b/ takes 8 GB in regexp: a question must not bring the machine to its knees. */
const MEMORY = {least: 512 * 1024 * 1024, most: 2 * 1024 * 1024 * 1024}
const bounded = (argv: Argv): Argv => {
  const bytes = Math.max(MEMORY.least, Math.min(MEMORY.most, Math.floor(freemem() / 2)))
  return find('prlimit') === null ? argv : ['prlimit', `--as=${bytes}`, ...argv]
}

/** What regerror(3), mymalloc and PCRE2 say when there is no more memory. */
const NO_MEMORY = /memory exhausted|insufficient memory|failed to get memory|cannot allocate memory/i

/** Looks keys up as Postfix would. ENGINE (69) where postmap(1) cannot open such tables. */
export const askEngine = async ({engine, source, keys, configDirectory, timeoutMs = TIMEOUT_MS}: Question): Promise<EngineAnswers> => {
  const scratch = openScratch(configDirectory)
  try {
    const {stdout, stderr, timedOut} = await run(bounded([need('postmap'), '-q', '-', `${engine}:${scratch.table('table', source)}`]), {
      input: Buffer.from(keys.map(key => `${key}\n`).join(''), 'latin1'),
      env: scratch.environment,
      timeoutMs,
      endsWithUs: true,
    })
    // A pattern that does not fit is skipped: what the others answer then is not what the table answers.
    if (NO_MEMORY.test(stderr)) return {answers: new Map(), warnings: [], timedOut: true}
    const fatal = /postmap: fatal: (.*)/.exec(stderr)?.[1]
    if (fatal !== undefined)
      throw new OpsError('ENGINE', `postmap: ${fatal}`, {
        exit: 'unavailable',
        ...(engine === 'pcre' && /unsupported dictionary type/.test(fatal) && {hint: 'on Debian: apt-get install postfix-pcre'}),
      })
    return {answers: answersOf(stdout), warnings: warningsOf(stderr), timedOut}
  } finally {
    scratch.close()
  }
}

/** Keys may hold blanks but no tab, so that the first tab ends the key. */
const answersOf = (stdout: string): Map<string, string> => {
  const answers = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const tab = line.indexOf('\t')
    if (tab >= 0) answers.set(line.slice(0, tab), line.slice(tab + 1))
  }
  return answers
}

const warningsOf = (stderr: string): {line: number; text: string}[] =>
  [...stderr.matchAll(/^postmap: warning: (?:regexp|pcre) map [^\n]*?, line (\d+): ([^\n]*)$/gm)].map(([, line, text]) => ({
    line: Number(line),
    text: text!,
  }))
