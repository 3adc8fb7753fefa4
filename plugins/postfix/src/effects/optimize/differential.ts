// Asks the real postmap(1) about both tables, for as long as it may.
import {COMMON_KEYS, type Witness, witnesses} from '../../proof/witnesses.js'
import type {Table} from '../../table/entry.js'
import {askEngine, cannotAsk, hasEngine} from '../engine/ask.js'

/** What the run showed. */
export interface Differential {
  readonly keys: number
  /** Keys that the tables answer differently. */
  readonly differences: readonly string[]
  /** Lines of rules none of whose own keys was asked: time was short, or nobody can make one. */
  readonly notReached: readonly number[]
}

export interface DifferentialOptions {
  readonly seconds: number
  readonly configDirectory?: string | undefined
  readonly progress?: (done: number, total: number) => void
}

/** One key a rule in most tables; big ones answer a few hundred keys a second. */
const FIRST_BATCH = 2_000
const FIRST_OF_BIG = 100
const BIG = 3_000
const SMALLEST_BATCH = 20
const LARGEST_BATCH = 20_000
/** No batch may take longer than what is left and this. */
const PATIENCE_MS = 5_000

/** Compares the tables; `undefined` where there is no postmap(1), or none that knows such tables. */
export const compareByPostmap = async (
  before: {table: Table; source: string},
  after: {source: string; engine: Table['engine']},
  options: DifferentialOptions,
): Promise<Differential | undefined> => {
  if (!hasEngine() || options.seconds <= 0) return undefined
  const run = new Run(before, after, options)
  try {
    await run.all()
    return run.result()
  } catch (error) {
    // A postmap without these tables (postfix-pcre is a package of its own) cannot be asked; the proof stands without.
    if (cannotAsk(error)) return undefined
    throw error
  }
}

class Run {
  private readonly before: {table: Table; source: string}
  private readonly after: {source: string; engine: Table['engine']}
  private readonly options: DifferentialOptions
  private readonly differences: string[] = []
  private readonly reached = new Set<number>()
  private keys = 0

  constructor(before: {table: Table; source: string}, after: {source: string; engine: Table['engine']}, options: DifferentialOptions) {
    this.before = before
    this.after = after
    this.options = options
  }

  async all(): Promise<void> {
    const list: Witness[] = [...COMMON_KEYS.map(key => ({key, entry: -1, hit: false})), ...witnesses(this.before.table)]
    const deadline = performance.now() + this.options.seconds * 1_000
    const rules = this.before.table.entries.filter(({kind}) => kind === 'rule').length
    let size = rules > BIG ? FIRST_OF_BIG : FIRST_BATCH
    for (let at = 0; at < list.length; ) {
      const began = performance.now()
      if (began >= deadline) return
      const batch = list.slice(at, at + size)
      if (!(await this.batch(batch, deadline - began + PATIENCE_MS))) {
        size = Math.floor(size / 10)
        if (size < SMALLEST_BATCH) return
        continue
      }
      at += batch.length
      this.options.progress?.(at, list.length)
      const rate = batch.length / Math.max(1, performance.now() - began)
      // As many as fit into what is left, by what the last ones took.
      size = Math.max(1, Math.min(LARGEST_BATCH, Math.floor(rate * Math.max(0, deadline - performance.now()) * 0.8)))
      if (size < SMALLEST_BATCH) return
    }
  }

  private async batch(batch: readonly Witness[], timeoutMs: number): Promise<boolean> {
    const keys = [...new Set(batch.map(({key}) => key))]
    const ask = async (source: string, engine: Table['engine']) =>
      askEngine({engine, source, keys, timeoutMs, configDirectory: this.options.configDirectory})
    const [old, now] = await Promise.all([
      ask(this.before.source, this.before.table.engine),
      ask(this.after.source, this.after.engine),
    ])
    // What was cut off tells nothing about the keys that were not asked.
    if (old.timedOut || now.timedOut) return false
    for (const key of keys) if (old.answers.get(key) !== now.answers.get(key)) this.differences.push(key)
    for (const {entry, hit} of batch) if (hit) this.reached.add(entry)
    this.keys += keys.length
    return true
  }

  result(): Differential {
    const {entries} = this.before.table
    const notReached = entries.flatMap((entry, at) => (entry.kind === 'rule' && !this.reached.has(at) ? [entry.line] : []))
    return {keys: this.keys, differences: this.differences, notReached}
  }
}
