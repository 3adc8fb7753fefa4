// One worker thread that is asked and answers in order; errors that a person can act on come through whole.
import type {Worker} from 'node:worker_threads'

import {isOpsError, type OpsError} from '../errors.js'

/** An OpsError as it gets through between threads. */
export interface Failure {
  readonly failure: {readonly code: string; readonly message: string; readonly hint?: string | undefined; readonly exit: number}
}

/** Takes what was caught in a thread and returns it as it may be sent; anything but an OpsError is thrown on, and ends the thread. */
export const failureOf = (error: unknown): Failure => {
  if (!isOpsError(error)) throw error
  const {code, message, hint, oclif} = error
  return {failure: {code, message, hint, exit: oclif.exit}}
}

/** The error that was sent, as `isOpsError` knows one: by its name and code. */
export const errorOf = ({failure: {code, message, hint, exit}}: Failure): OpsError =>
  Object.assign(new Error(message), {name: 'OpsError', code, hint, oclif: {exit}}) as OpsError

interface Asked<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** A thread running one module, which posts one answer, or a Failure, for each question. */
export class Channel<Question, Answer extends object> {
  readonly #worker: Worker
  readonly #asked: Asked<Answer>[] = []

  constructor(module: URL, start: unknown) {
    // Loaded here: most runs of a command that could use threads have too little to do.
    const {Worker: Thread} = process.getBuiltinModule('node:worker_threads')
    this.#worker = new Thread(module, {workerData: start})
    this.#worker.on('message', (answer: Answer | Failure) => {
      const asked = this.#asked.shift()!
      if ('failure' in answer) asked.reject(errorOf(answer))
      else asked.resolve(answer)
    })
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('a worker thread ended')))
  }

  ask(question: Question): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => this.#asked.push({resolve, reject}))
    // Whoever waits for it learns of a failure; until then it is no unhandled one.
    answer.catch(() => undefined)
    this.#worker.postMessage(question)
    return answer
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: unknown): void {
    for (const {reject} of this.#asked.splice(0)) reject(error)
  }
}
