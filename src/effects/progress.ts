// How far long work is, on stderr: one line that changes on a terminal, now and then a plain line elsewhere.
import {countText} from '../output/units.js'

const FIRST_MS = 1_000
const TERMINAL_MS = 100
const PLAIN_MS = 10_000

/**
 * Gives a function to call for every item; it writes only when a second has passed and then not too often.
 * @param what the present participle and its objects: `purging messages`
 */
export const progressOn = (
  what: string,
  {stream = process.stderr, quiet = false}: {stream?: NodeJS.WriteStream; quiet?: boolean} = {},
): {report: (done: number, total: number) => void; end: () => void} => {
  const started = Date.now()
  const isTerminal = stream.isTTY
  let next = started + FIRST_MS
  let shown = false
  const line = (done: number, total: number): string =>
    `${what}: ${countText(done)}${total > 0 ? ` of ${countText(total)} (${Math.floor((done / total) * 100)}%)` : ''}`
  return {
    report: (done, total) => {
      if (quiet) return
      const now = Date.now()
      if (now < next) return
      next = now + (isTerminal ? TERMINAL_MS : PLAIN_MS)
      stream.write(isTerminal ? `\r\u001b[K${line(done, total)}` : `${line(done, total)}\n`)
      shown = isTerminal
    },
    end: () => {
      if (shown) stream.write('\r\u001b[K')
      shown = false
    },
  }
}
