// The word nearest to a mistyped one.

/** Levenshtein distance: letters to add, drop or change. */
export const distance = (a: string, b: string): number => {
  let row = Array.from({length: b.length + 1}, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length] ?? 0
}

/** The candidate nearest to a word, null when none is near enough to be what was meant (a third of its letters). */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  let best: string | null = null
  let least = Math.floor(word.length / 3) + 1
  for (const candidate of candidates) {
    const away = distance(word, candidate)
    if (away < least) {
      least = away
      best = candidate
    }
  }
  return best
}
