// The base of every command: what all of them take, how they speak, how they fail.
import {Command, Flags} from '@oclif/core'

import {progressOn} from './effects/progress.js'
import {describe, isOpsError, OpsError} from './errors.js'
import {jsonText} from './output/json-text.js'
import {terminalSafeLines, terminalSafePage} from './output/terminal-safe.js'

/** Takes back what oclif does by default and an administrator must not meet (see CONTRIBUTING.md). */
export abstract class MailopsCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    quiet: Flags.boolean({char: 'q', helpGroup: 'GLOBAL', description: 'say nothing but data and errors'}),
    verbose: Flags.boolean({char: 'v', helpGroup: 'GLOBAL', description: 'say more of what is done'}),
  }

  /** True for lists: under --json they print an object a line instead of one document. */
  protected readonly isList: boolean = false
  #quiet = false
  #verbose = false

  /** Call first with the parsed flags, so that `say` knows what is wanted. */
  protected listen({quiet, verbose}: {quiet?: boolean | undefined; verbose?: boolean | undefined}): void {
    this.#quiet = quiet === true
    this.#verbose = verbose === true
  }

  /** Talk: one line on stderr, nothing under --quiet. */
  protected say(line: string): void {
    // What was forgotten to be made safe where it came from; what was, stays as it is.
    if (!this.#quiet) process.stderr.write(`${terminalSafePage(line)}\n`)
  }

  /** Talk that only --verbose shows. */
  protected detail(line: string): void {
    if (this.#verbose) this.say(line)
  }

  /** Data: one line on stdout, whatever --quiet says; nothing under --json, where data is the result. */
  protected data(line: string): void {
    // Into a file or a pipe it goes as it is.
    if (!this.jsonEnabled()) process.stdout.write(`${process.stdout.isTTY ? terminalSafePage(line) : line}\n`)
  }

  /** One object of a list, under --json. */
  protected row(row: unknown): void {
    if (this.jsonEnabled()) process.stdout.write(`${jsonText(row)}\n`)
  }

  /** Something a person should know although the command goes on. */
  override warn(input: Error | string): Error | string {
    process.stderr.write(`mailops: warning: ${terminalSafeLines(input instanceof Error ? input.message : input)}\n`)
    return input
  }

  /** A progress line on stderr; quiet under --quiet. */
  protected progress(what: string): ReturnType<typeof progressOn> {
    return progressOn(what, {quiet: this.#quiet})
  }

  override logJson(json: unknown): void {
    if (json !== undefined) process.stdout.write(`${jsonText(json, this.isList ? 0 : 2)}\n`)
  }

  /** How many characters a table may be wide: the terminal's, 80 where there is none. */
  protected get width(): number {
    return Math.max(40, process.stdout.isTTY ? process.stdout.columns : 80)
  }

  protected override async catch(error: Error): Promise<void> {
    // Else oclif warns, after a usage error, that nothing was parsed.
    this.parsed = true
    const told = this.#withHelp(error)
    if (!this.jsonEnabled()) throw told
    const description = describe(told)
    process.exitCode = description.exit
    this.logJson({error: description})
    // A bug without its stack cannot be mended.
    if (!isOpsError(error) && description.code === 'BUG') process.stderr.write(`${terminalSafeLines(error.stack ?? error.message)}\n`)
  }

  /** oclif's own usage errors do not say which command's help would help. */
  #withHelp(error: Error): Error {
    const {code, message} = describe(error)
    if (isOpsError(error) || code !== 'USAGE') return error
    return new OpsError(code, message, {exit: 'usage', hint: `mailops ${this.id?.replaceAll(':', ' ') ?? ''} --help`, cause: error})
  }
}
