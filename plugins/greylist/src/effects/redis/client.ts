// A connection to Redis or Valkey that never keeps a decision waiting: bounded answers, scripts by digest, back by itself.
import {createHash} from 'node:crypto'

import {OpsError} from 'mailops/core'

/** What a command gives: texts, numbers, lists of them. */
export type Reply = string | number | null | readonly Reply[] | {readonly [name: string]: Reply}

export interface Redis {
  /** True while commands are worth sending. */
  readonly isUp: boolean
  /** Sends one command. @throws when it has no answer in time, or an error for one */
  send(args: readonly string[]): Promise<Reply>
  /** Runs a script, by its digest when the server has it. */
  run(script: string, args: readonly string[]): Promise<Reply>
  /** Waits for the first connection, or until it is clear that there is none now. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** As long as a decision may wait for Redis before SQLite decides. */
const ANSWER_MS = 250
const CONNECT_MS = 1000
/** After an answer that did not come, so long until it is tried again. */
const PAUSE_MS = 1000

export interface RedisEvents {
  /** It went, or came back; told once each time. */
  readonly changed: (isUp: boolean, why: string) => void
}

/**
 * Opens a connection; it need not succeed now.
 * @throws OpsError 69 `REDIS_MISSING` without the module, 64 `BAD_STORE` for a URL that is none
 */
export const connectRedis = async (url: string, {changed}: RedisEvents): Promise<Redis> => {
  const loaded = await import('@redis/client').catch((error: unknown) => {
    throw new OpsError('REDIS_MISSING', `@redis/client cannot be loaded: ${(error as Error).message}`, {exit: 'unavailable', hint: 'install mailops anew: it is one of its packages', cause: error})
  })
  // In a bundle a CommonJS module has its names below `default` only.
  const {createClient} = 'createClient' in loaded ? loaded : (loaded as unknown as {default: typeof loaded}).default
  let client: ReturnType<typeof createClient>
  try {
    client = createClient({
      url,
      disableOfflineQueue: true,
      socket: {connectTimeout: CONNECT_MS, reconnectStrategy: retries => Math.min(100 * 2 ** Math.min(retries, 5), 2000)},
    })
  } catch (error) {
    throw new OpsError('BAD_STORE', `the store's URL cannot be understood: ${(error as Error).message}`, {exit: 'configuration', hint: 'write it as redis://HOST:6379/0', cause: error})
  }
  let isUp = false
  let pausedUntil = 0
  let isClosed = false
  const set = (next: boolean, why: string): void => {
    if (next === isUp || isClosed) return
    isUp = next
    changed(next, why)
  }
  client.on('ready', () => {
    pausedUntil = 0
    set(true, 'connected')
  })
  client.on('error', (error: Error) => set(false, error.message || error.name))
  client.on('end', () => set(false, 'the connection ended'))
  const first = new Promise<void>(resolve => {
    client.once('ready', resolve)
    client.once('error', () => resolve())
  })
  // It tries again by itself; what keeps it from the first time is told by the event `error`.
  void client.connect().catch(() => undefined)

  const within = async <T>(answer: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS)
    })
    try {
      return await Promise.race([answer, late])
    } catch (error) {
      if ((error as Error).name !== 'ErrorReply' && !/^(NOSCRIPT|ERR|WRONGTYPE|BUSY|NOPERM)/.test((error as Error).message)) {
        pausedUntil = Date.now() + PAUSE_MS
        set(false, (error as Error).message)
      }
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
  const send = async (args: readonly string[]): Promise<Reply> => {
    const answer = client.sendCommand(args as string[]) as unknown as Promise<Reply>
    // A late answer, or a late error, is nobody's.
    answer.catch(() => undefined)
    const reply = await within(answer)
    if (client.isReady) set(true, 'it answers again')
    return reply
  }
  const digests = new Map<string, string>()
  return {
    get isUp() {
      // While it was silent one question a second goes out to see whether it is back.
      if (!isUp && client.isReady && pausedUntil > 0 && Date.now() >= pausedUntil) {
        pausedUntil = Date.now() + PAUSE_MS
        void send(['PING']).catch(() => undefined)
      }
      return isUp
    },
    send,
    run: async (script, args) => {
      const digest = digests.get(script) ?? createHash('sha1').update(script).digest('hex')
      digests.set(script, digest)
      try {
        return await send(['EVALSHA', digest, '0', ...args])
      } catch (error) {
        if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
        return send(['EVAL', script, '0', ...args])
      }
    },
    settled: async () => {
      let timer: NodeJS.Timeout | undefined
      await Promise.race([
        first,
        new Promise<void>(resolve => {
          timer = setTimeout(resolve, CONNECT_MS)
        }),
      ])
      clearTimeout(timer)
    },
    close: async () => {
      isClosed = true
      client.destroy()
    },
  }
}
