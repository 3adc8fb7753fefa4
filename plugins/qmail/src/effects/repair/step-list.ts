// steps.jsonl in the trash of a repair: every step it will take, written and synced before the first is taken.
import * as fs from 'node:fs'
import {join} from 'node:path'

import type {Step} from '../../check/finding.js'

/** A step and the verdict it belongs to: steps of one verdict go on only when those before went well. */
export interface ListedStep {
  readonly verdict: number
  readonly step: Step
}

const NAME = 'steps.jsonl'
const CHUNK = 1 << 18
const {O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY} = fs.constants

/** Writes the list; its last line tells that it is whole. */
export class StepWriter {
  readonly #fd: number
  #text = ''
  #count = 0
  #verdict = 0
  #open = true

  /** @param trash the trash directory of this repair, which exists */
  constructor(trash: string) {
    this.#fd = fs.openSync(join(trash, NAME), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  }

  /** How many steps were added. */
  get count(): number {
    return this.#count
  }

  /** Adds the steps of one verdict. */
  add(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#text += `${JSON.stringify({verdict: this.#verdict, step})}\n`
      this.#count++
    }
    this.#verdict++
    if (this.#text.length > CHUNK) this.#flush()
  }

  /** Ends the list; synced when it returns. */
  end(): void {
    this.#text += `${JSON.stringify({end: this.#count})}\n`
    this.#flush()
    fs.fsyncSync(this.#fd)
    this.abandon()
  }

  /** Closes the file; a list that was not ended counts as none. */
  abandon(): void {
    if (this.#open) fs.closeSync(this.#fd)
    this.#open = false
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text, 'utf8')
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(this.#fd, bytes, at, bytes.length - at)
    this.#text = ''
  }
}

/** The list of a repair as its bytes, and where each line begins: a million steps must not be a million objects. */
export interface StepList {
  readonly length: number
  readonly at: (index: number) => ListedStep
}

/** Reads the list in a trash; undefined when there is none, or it was not written to its end: then no step was taken. */
export const readSteps = (trash: string): StepList | undefined => {
  let bytes: Buffer
  try {
    const fd = fs.openSync(join(trash, NAME), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      bytes = fs.readFileSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // cut off before the list was begun
    throw error
  }
  const starts: number[] = [0]
  for (let nl = bytes.indexOf(10); nl !== -1; nl = bytes.indexOf(10, nl + 1)) starts.push(nl + 1)
  const length = starts.length - 2
  if (length < 0 || starts.at(-1) !== bytes.length) return undefined
  const line = (index: number): unknown => JSON.parse(bytes.toString('utf8', starts[index], starts[index + 1]))
  if ((line(length) as {end?: number}).end !== length) return undefined
  return {length, at: index => line(index) as ListedStep}
}
