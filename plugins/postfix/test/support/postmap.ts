// The real postmap(1) of this machine, with a configuration of its own so that nothing of the system's matters.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'

export type TableType = 'regexp' | 'pcre'

export interface PostmapAnswers {
  /** Results by key (latin1 text), hits only. */
  readonly answers: ReadonlyMap<string, string>
  /** Warnings about the table: line number and text, in order. */
  readonly warnings: readonly {readonly line: number; readonly text: string}[]
  readonly stderr: string
  /** The engine took too long over these keys: catastrophic backtracking, and no answers. */
  readonly tooSlow: boolean
}

const LONG_AGO = 1_000_000_000
const MAIN_CF = ['compatibility_level = 3.6', 'myhostname = mx.example.com', 'smtputf8_enable = no', ''].join('\n')

/** Answers keys by a real table in a temporary directory; `close` removes it. */
export class Postmap {
  private readonly program: string
  private readonly directory: string

  constructor(program: string) {
    this.program = program
    this.directory = mkdtempSync(join(tmpdir(), 'mailops-postmap-'))
    writeFileSync(join(this.directory, 'main.cf'), MAIN_CF)
  }

  close(): void {
    rmSync(this.directory, {recursive: true, force: true})
  }

  /** Asks for many keys at once; keys hold neither newline nor NUL and are not empty. */
  ask(type: TableType, table: string, keys: readonly string[]): PostmapAnswers {
    const {stdout, stderr, tooSlow} = this.run(type, table, {
      argument: '-',
      input: keys.map(key => `${key}\n`).join(''),
    })
    const answers = new Map<string, string>()
    // Keys hold no tab, so the first one of a line ends its key.
    for (const line of stdout.split('\n')) {
      const tab = line.indexOf('\t')
      if (tab >= 0) answers.set(line.slice(0, tab), line.slice(tab + 1))
    }
    return {answers, warnings: warningsOf(stderr), stderr, tooSlow}
  }

  /** Asks for one ASCII key that may hold newlines; undefined when the table does not answer. */
  askOne(type: TableType, table: string, key: string): string | undefined {
    const {stdout, status} = this.run(type, table, {argument: key, input: ''})
    return status === 0 ? stdout.replace(/\n$/, '') : undefined
  }

  private run(
    type: TableType,
    table: string,
    {argument, input}: {argument: string; input: string},
  ): {stdout: string; stderr: string; status: number | null; tooSlow: boolean} {
    const path = join(this.directory, 'table')
    writeFileSync(path, table, 'latin1')
    // A table written just now would be read again until Postfix is sure of it: two seconds a question.
    utimesSync(path, LONG_AGO, LONG_AGO)
    const {stdout, stderr, status, error} = spawnSync(this.program, ['-q', argument, `${type}:${path}`], {
      env: {MAIL_CONFIG: this.directory, PATH: process.env['PATH'] ?? '', LC_ALL: 'C'},
      input: Buffer.from(input, 'latin1'),
      encoding: 'latin1',
      maxBuffer: 1 << 28,
      timeout: 5_000,
    })
    const tooSlow = (error as {code?: string} | undefined)?.code === 'ETIMEDOUT'
    if (error !== undefined && !tooSlow) throw error
    return {stdout, stderr, status, tooSlow}
  }
}

const warningsOf = (stderr: string): {line: number; text: string}[] =>
  [...stderr.matchAll(/^postmap: warning: (?:regexp|pcre) map [^\n]*?, line (\d+): ([^\n]*)$/gm)].map(
    ([, line, text]) => ({
      line: Number(line),
      text: text!,
    }),
  )

/** Where postmap is, undefined where it is not. With CI=true it throws instead: there it must not be missing. */
export const findPostmap = (): string | undefined => {
  const found = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map(path => join(path, 'postmap'))
    .find(existsSync)
  if (found === undefined && process.env['CI'] === 'true')
    throw new Error('CI must have postmap: apt-get install postfix postfix-pcre')
  return found
}
