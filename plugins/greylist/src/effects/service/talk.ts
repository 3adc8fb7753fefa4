// How a service speaks: decision lines, and what an operator must see.

export interface Talk {
  /** A decision line, complete but for its end. */
  log(line: string): void
  /** Loud: trouble with the store, lists, providers. */
  warn(line: string): void
}

/** Says something at most once a minute for each kind, and then how often it was so. */
export const rarely = (warn: (line: string) => void, everyMs = 60_000): ((kind: string, line: string) => void) => {
  const said = new Map<string, {at: number; held: number}>()
  return (kind, line) => {
    const now = Date.now()
    const last = said.get(kind)
    if (last !== undefined && now - last.at < everyMs) {
      last.held++
      return
    }
    warn(last !== undefined && last.held > 0 ? `${line} (and ${last.held} times more since it was last said)` : line)
    said.set(kind, {at: now, held: 0})
  }
}
