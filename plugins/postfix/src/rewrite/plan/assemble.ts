// Puts a table together again: what stays byte for byte, what is joined in the place of its first rule.
import type {Entry, Table} from '../../table/entry.js'
import {writeResult} from '../../table/result.js'
import type {Merge} from '../merge/decide.js'
import {commentsOf, isBlank, looseTrivia} from './comments.js'
import {ruleLines} from './line.js'

export interface Assembled {
  /** The new table, latin1 text. */
  readonly text: string
  /** For each rule of the new table, in order: the entries of the old one that it stands for. */
  readonly origins: readonly (readonly number[])[]
}

export interface Assembly {
  readonly merges: readonly Merge[]
  /** Entries that go without anything in their place. */
  readonly removed: ReadonlySet<number>
}

/** Returns the table with its rules joined and removed. */
export const assemble = (table: Table, {merges, removed}: Assembly): Assembled => {
  const writer = new Writer(table, removed, merges)
  for (const index of table.entries.keys()) writer.entry(index)
  return {text: writer.text, origins: writer.origins}
}

/** More than any run of blank lines that matters. */
const END_BYTES = 1_000

class Writer {
  /** In pieces: looking at the end of one long text again and again would copy it each time. */
  private readonly parts: string[] = []
  /** How the text ends so far; '' when there is none. */
  private end = ''
  readonly origins: number[][] = []
  private readonly table: Table
  private readonly removed: ReadonlySet<number>
  private readonly firsts = new Map<number, Merge>()
  /** Entries that went up to the first of their merge. */
  private readonly gone = new Set<number>()

  constructor(table: Table, removed: ReadonlySet<number>, merges: readonly Merge[]) {
    this.table = table
    this.removed = removed
    for (const merge of merges) {
      const entries = merge.members.map(({entry}) => entry)
      this.firsts.set(entries[0]!, merge)
      for (const entry of entries.slice(1)) this.gone.add(entry)
    }
  }

  get text(): string {
    return this.parts.join('')
  }

  entry(index: number): void {
    const entry = this.table.entries[index]!
    if (entry.kind === 'trivia') this.trivia(entry.source, index)
    else if (this.removed.has(index) || this.gone.has(index)) return
    else if (entry.kind === 'rule' && this.firsts.has(index)) this.merge(this.firsts.get(index)!, entry)
    else this.keep(entry, index)
  }

  private keep(entry: Entry, index: number): void {
    this.add(entry.source)
    if (entry.kind === 'rule') this.origins.push([index])
  }

  /** Comments right above a rule that has gone up are above its merge now; blank lines do not pile up. */
  private trivia(source: string, index: number): void {
    const next = this.table.entries[index + 1]
    const goes = this.gone.has(index + 1) && next?.kind === 'rule'
    const rest = goes ? looseTrivia(source, next.comments.length) : source
    const leftAlone = !goes && !this.removed.has(index + 1) && !this.gone.has(index - 1) && !this.removed.has(index - 1)
    if (isBlank(rest) && !leftAlone && (goes || this.end === '' || /\n[ \t\r]*\n$/.test(this.end))) return
    this.add(rest)
  }

  private merge({members, written}: Merge, first: Entry & {kind: 'rule'}): void {
    const said = new Set(written.flatMap(({words}) => words))
    const rows = written.map(one => {
      const says = new Set(one.words)
      // Words of a rule that those of others hold are not written: any of the new rules may speak for them.
      const mine = members.filter(({words}) => words.some(word => says.has(word) || !said.has(word)))
      return {one, mine: mine.map(({entry}) => entry)}
    })
    // A rule without words is in no row, and what was said about it stands above the first.
    const inRows = new Set(rows.flatMap(({mine}) => mine))
    const unsaid = new Set(members.map(({entry}) => entry))
    for (const [at, {one, mine}] of rows.entries()) {
      const row = new Set(mine)
      const here = [...unsaid].filter(entry => row.has(entry) || (at === 0 && !inRows.has(entry)))
      this.comments(here, members[0]!.entry)
      for (const entry of here) unsaid.delete(entry)
      this.line(ruleLines(one, writeResult(first.result), {folds: !isCrlf(first)}), first)
      this.origins.push(mine)
    }
    this.comments([...unsaid], members[0]!.entry)
  }

  /** What was said about rules, once, above the one that stands for them now; what stood above the first is there already. */
  private comments(entries: readonly number[], first: number): void {
    const {comments: own} = this.table.entries[first] as Entry & {kind: 'rule'}
    const said = entries.flatMap(entry => (entry === first ? commentsOf(this.table, entry).slice(own.length) : commentsOf(this.table, entry)))
    const there = new Set(entries.includes(first) ? own : [])
    for (const comment of new Set(said)) if (!there.has(comment)) this.line(comment, this.table.entries[first]!)
  }

  private line(text: string, like: Entry): void {
    this.add(isCrlf(like) ? `${text.replaceAll('\n', '\r\n')}\r\n` : `${text}\n`)
  }

  private add(text: string): void {
    if (text === '') return
    // The last line of a file may lack its newline.
    const whole = this.end === '' || this.end.endsWith('\n') ? text : `\n${text}`
    this.parts.push(whole)
    this.end = (this.end + whole).slice(-END_BYTES)
  }
}

const isCrlf = ({source}: Entry): boolean => source.endsWith('\r\n')
