// Asks the real engine: postmap(1) with a table of ours.
import {OpsError} from 'mailops/core'
import {find, run} from 'mailops/effects'

import type {Engine} from '../../table/pattern-use.js'
import {openScratch} from '../measure/scratch.js'

/** What postmap(1) said. */
export interface EngineAnswers {
  /** Results by key (latin1 text), hits only. */
  readonly answers: ReadonlyMap<string, string>
  /** Warnings that name a line of the table. */
  readonly warnings: readonly {readonly line: number; readonly text: string}[]
  /** It was not done in time, as with patterns that take for ever. */
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

/** Looks keys up as Postfix would. ENGINE (69) where postmap(1) cannot open such tables. */
export const askEngine = async ({engine, source, keys, configDirectory, timeoutMs = TIMEOUT_MS}: Question): Promise<EngineAnswers> => {
  const scratch = openScratch(configDirectory)
  try {
    const {stdout, stderr, timedOut} = await run(['postmap', '-q', '-', `${engine}:${scratch.table('table', source)}`], {
      input: Buffer.from(keys.map(key => `${key}\n`).join(''), 'latin1'),
      env: scratch.environment,
      timeoutMs,
      endsWithUs: true,
    })
    const fatal = /postmap: fatal: (.*)/.exec(stderr)?.[1]
    if (fatal !== undefined) throw new OpsError('ENGINE', `postmap: ${fatal}`, {exit: 'unavailable'})
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
