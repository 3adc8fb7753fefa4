// Holds the store through its faults: damaged means moved aside and made anew, absent means that mail passes until it is back.
import {dirname} from 'node:path'

import {isOpsError, OpsError} from 'mailops/core'

import type {Settings} from '../../policy/types.js'
import type {Store} from '../../store/store.js'
import {openRedis} from '../redis/open.js'
import {isDiskFull, isLost, sqliteCode} from '../sqlite/load.js'
import {openSqlite} from '../sqlite/open.js'
import {longest} from './spans.js'
import {rarely, type Talk} from './talk.js'

/** How long to wait before a store that could not be opened is tried again. */
const RETRY_MS = 5000

const LEARNING = 'learning'

export interface Holder {
  /** The store, or null while there is none. */
  readonly store: Store | null
  /** Until when everything passes because an earlier store was lost; 0 when it does not. */
  readonly learningUntil: number
  /** Why everybody passes now: the store's last word, or null while it works. */
  readonly trouble: string | null
  /** Takes an error of the store; gives the reason for which the client passes. */
  failed(error: unknown): 'disk-full' | 'store-fault'
  /** Notes that the store works again. */
  worked(): void
  close(): Promise<void>
}

/**
 * Who holds it: the daemon; the filter that serves one connection (no upkeep); a command, for which trouble with the
 * store is an error instead of a reason to go on without it.
 */
export type Use = 'daemon' | 'filter' | 'command'

export interface HoldOptions {
  readonly settings: Settings
  readonly talk: Talk
  /** Called with each store that is opened, before it is used. */
  readonly onOpen: (store: Store) => Promise<void>
  readonly use?: Use
}

const textOf = (error: unknown): string => (isOpsError(error) ? `${error.message} [${error.code}]` : error instanceof Error ? `${error.message}${'code' in error ? ` [${String(error.code)}]` : ''}` : String(error))

/** Root works with the rights of the folder's owner (as-owner.ts), so being root is no way out for him. */
const faultHint = (db: string, isClosed: boolean): string => {
  if (!isClosed) return `dmesg | tail; df ${dirname(db)}`
  return process.geteuid?.() === 0 ? `ls -la ${dirname(db)}   (the folder's owner must be able to write there, and the disk be mounted rw)` : 'run it as root, or as the user of the daemon'
}

/** What is wrong with the store, for the person at a command; what is none of SQLite's comes back as it was. */
export const asOpsError = (error: unknown, db: string): unknown => {
  const code = sqliteCode(error)
  if (isDiskFull(error)) return new OpsError('STORE_FULL', `no room for the store ${db}: nothing can be changed`, {exit: 'cannotCreate', hint: `df -h ${db}; meanwhile everybody passes`, cause: error})
  if (code === '') return error
  if (code.startsWith('SQLITE_BUSY')) return new OpsError('STORE_BUSY', `${db} is in use by a daemon that does not answer here`, {exit: 'tryAgain', hint: 'name its socket with --socket', cause: error})
  const isClosed = /READONLY|PERM|AUTH|CANTOPEN/.test(code)
  return new OpsError('STORE_FAULT', `cannot use ${db}: ${(error as Error).message} [${code}]`, {exit: isClosed ? 'noPermission' : 'io', hint: faultHint(db, isClosed), cause: error})
}

/**
 * Opens the store of the settings. What is wrong with the place of the store keeps nobody from starting: everybody
 * passes until it is mended.
 * @throws OpsError 69 `SQLITE_MISSING`: no waiting mends that
 */
export const holdStore = async ({settings, talk, onOpen, use = 'daemon'}: HoldOptions): Promise<Holder> => {
  let store: Store | null = null
  let learningUntil = 0
  let retry: NodeJS.Timeout | undefined
  let closed = false
  let trouble: string | null = null
  let opening: Promise<void> | null = null
  const say = rarely(talk.warn)

  const openLocal = async (): Promise<Store> => {
    const {store: local, movedAside} = await openSqlite({path: settings.db, limits: settings.limits, isResident: use === 'daemon', isStrict: use === 'command'})
    const now = Date.now()
    if (movedAside !== null) {
      learningUntil = now + settings.window
      await local.remember(LEARNING, String(learningUntil), learningUntil)
      talk.warn(`${movedAside}; everything passes until ${new Date(learningUntil).toISOString()}, so that nobody is deferred twice`)
    } else learningUntil = Number((await local.recall(LEARNING, now)) ?? 0)
    return local
  }
  const open = async (): Promise<void> => {
    const local = await openLocal()
    const opened = settings.store === undefined ? local : await openRedis({url: settings.store, local, limits: settings.limits, spans: () => longest(settings), warn: talk.warn})
    if (closed) return opened.close()
    store = opened
    await onOpen(opened)
  }
  const openOrWait = async (): Promise<void> => {
    try {
      await open()
      if (trouble !== null) talk.warn(`the store is open again: ${store?.name}`)
      trouble = null
    } catch (error) {
      if (use === 'command') throw asOpsError(error, settings.db)
      if (isOpsError(error) && error.code === 'SQLITE_MISSING') throw error
      trouble = `the store cannot be opened: ${textOf(error)}`
      say('open', `the store cannot be opened, everybody passes: ${textOf(error)}`)
      retry = setTimeout(() => void reopen(), RETRY_MS).unref()
    }
  }
  const reopen = (): Promise<void> => {
    opening ??= openOrWait().finally(() => {
      opening = null
    })
    return opening
  }

  const replace = async (damaged: Store): Promise<void> => {
    try {
      await damaged.close()
    } catch {
      // Whatever closing says: the file is moved aside next.
    }
    if (!closed) await reopen()
  }

  await openOrWait()
  return {
    get store() {
      return store
    },
    get trouble() {
      return trouble
    },
    get learningUntil() {
      return learningUntil
    },
    failed: error => {
      const full = isDiskFull(error)
      const what = full ? 'no room for the store' : 'the store failed'
      trouble = `${what}: ${settings.db}: ${textOf(error)}`
      say(full ? 'full' : 'fault', `${what}, everybody passes: ${settings.db}: ${textOf(error)}`)
      if (isLost(error) && store !== null) {
        const damaged = store
        store = null
        void replace(damaged)
      }
      return full ? 'disk-full' : 'store-fault'
    },
    worked: () => {
      if (trouble === null || store === null || store.isDoubtful === true) return
      trouble = null
      talk.warn(`the store works again: ${store.name}`)
    },
    close: async () => {
      closed = true
      clearTimeout(retry)
      await opening
      await store?.close()
      store = null
    },
  }
}
