// Starts some pieces of work ahead and gives their results in order.

/** Results of `start` for each item, in order, at most `ahead` of them under way before they are asked for. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  start: (item: Item) => Promise<Result>,
  ahead: number,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = []
  for (const item of items) {
    const result = start(item)
    // Whoever comes to it learns of a failure; until then it is no unhandled one.
    result.catch(() => undefined)
    waiting.push(result)
    if (waiting.length > ahead) yield await waiting.shift()!
  }
  while (waiting.length > 0) yield await waiting.shift()!
}
