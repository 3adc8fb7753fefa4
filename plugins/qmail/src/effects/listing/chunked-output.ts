// Writes many short lines to stdout in few large pieces, no faster than they are read.
import {once} from 'node:events'

const PIECE = 1 << 16

/** Lines for stdout; `flush` at the end. Under an early end of the pipe the process ends as bin/run.js says. */
export class ChunkedOutput {
  #lines: string[] = []
  #size = 0

  /** Adds a line, without its newline; a promise when the reader has to be waited for. */
  line(text: string): Promise<void> | undefined {
    this.#lines.push(text)
    this.#size += text.length + 1
    return this.#size >= PIECE ? this.flush() : undefined
  }

  /** Writes what is held back. */
  flush(): Promise<void> | undefined {
    if (this.#lines.length === 0) return undefined
    const piece = `${this.#lines.join('\n')}\n`
    this.#lines = []
    this.#size = 0
    // A terminal and a file take it at once, a slow pipe when it is read.
    return process.stdout.write(piece) ? undefined : once(process.stdout, 'drain').then(() => undefined)
  }
}
