// The daemon's stderr: lines that never make a decision wait, and warnings that say the same once a minute.
import * as fs from 'node:fs'

/** Where the lines of the daemon go. */
export interface Talk {
  /** A decision line, formed already. */
  readonly log: (line: string) => void
  /** Something to act on. */
  readonly warn: (line: string) => void
  /** What the daemon does: start, reload, stop. */
  readonly say: (line: string) => void
}

/** As `Talk`, with what a daemon needs to end. */
export interface LogWriter extends Talk {
  /** Waits until all lines are out, or a second. */
  flush(): Promise<void>
}

type Write = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void) => void

const MAX_WAITING = 4 * 1024 * 1024
const RETRY_MS = 20
const MINUTE = 60_000

/**
 * Writes through the thread pool: a pipe whose reader is stuck would stop the event loop, and with it every decision.
 * What does not fit into 4 MiB meanwhile is dropped, counted and told.
 * @param write one write(2); may write less than it was given
 * @param options.syslog `<N>` before each line, as systemd's journal reads levels (sd-daemon(3))
 */
export const logWriter = (write: Write, {syslog}: {syslog: boolean}): LogWriter => {
  let waiting: string[] = []
  let size = 0
  let dropped = 0
  let busy: Buffer | null = null
  const drained: (() => void)[] = []
  const repeated = new Map<string, {at: number; more: number}>()

  const settle = (): void => {
    for (const wake of drained.splice(0)) wake()
  }
  const pump = (): void => {
    if (busy === null) {
      if (waiting.length === 0) return settle()
      busy = Buffer.from(waiting.join(''))
      waiting = []
      size = 0
    }
    const now = busy
    write(now, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(pump, RETRY_MS)
      // EPIPE and the like: nobody reads the log any more, and mail goes on all the same.
      busy = error === null && written < now.length ? now.subarray(written) : null
      pump()
    })
  }
  const add = (level: number, line: string): void => {
    const text = `${syslog ? `<${level}>` : ''}${line.replace(/[\r\n]+/g, ' ')}\n`
    if (size + text.length > MAX_WAITING) {
      dropped++
      return
    }
    const lost = dropped === 0 ? '' : `${syslog ? '<4>' : ''}mailops greylist: ${dropped} log lines were dropped, their reader is too slow\n`
    dropped = 0
    const idle = busy === null && waiting.length === 0
    waiting.push(lost + text)
    size += text.length
    // All lines of a turn of the loop go out in one write.
    if (idle) setImmediate(pump)
  }
  const warn = (line: string): void => {
    // Numbers differ from line to line where the trouble is the same.
    const key = line.replace(/\d+/g, '#')
    const now = Date.now()
    const last = repeated.get(key)
    if (last !== undefined && now - last.at < MINUTE) {
      last.more++
      return
    }
    if (repeated.size > 1000) repeated.clear()
    repeated.set(key, {at: now, more: 0})
    add(4, `mailops greylist: ${line}${last === undefined || last.more === 0 ? '' : ` (and ${last.more} times since it was last said)`}`)
  }
  return {
    log: line => add(6, line),
    say: line => add(6, `mailops greylist: ${line}`),
    warn,
    flush: async () => {
      if (busy === null && waiting.length === 0) return
      await new Promise<void>(resolve => {
        drained.push(resolve)
        setTimeout(resolve, 1000).unref()
      })
    },
  }
}

/** The log on our stderr; systemd says by JOURNAL_STREAM that it reads levels there. */
export const stderrLog = (): LogWriter =>
  logWriter((bytes, done) => fs.write(2, bytes, 0, bytes.length, null, done), {syslog: process.env['JOURNAL_STREAM'] !== undefined})
