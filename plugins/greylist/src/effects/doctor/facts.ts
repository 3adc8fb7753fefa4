// Looks up what doctor says of greylisting; asks the daemon one harmless question.
import {existsSync, statSync} from 'node:fs'
import {connect} from 'node:net'
import {dirname} from 'node:path'

import {terminalSafe} from 'mailops/core'

import type {GreylistFacts} from '../../doctor/findings.js'
import {controlPath, tallyPath} from '../../places.js'
import type {Settings} from '../../policy/types.js'
import {ageDays} from '../../providers/providers.js'
import {compiler} from '../compile/compile.js'
import {askDaemon} from '../daemon/control-client.js'
import {loadProviders} from '../providers/load.js'
import {readSettings} from '../settings/read.js'
import {filterProgram, formOf} from '../standalone/filter-program.js'

// As long as a filter waits.
const ANSWER_MS = 2_000

/** What becomes of a client now. */
const stateOf = async (path: string): Promise<GreylistFacts['daemon']> => {
  if (!existsSync(path)) return existsSync(dirname(tallyPath(path))) ? 'gone' : 'absent'
  return new Promise(resolve => {
    const socket = connect(path)
    const end = (state: GreylistFacts['daemon']): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(state)
    }
    const timer = setTimeout(() => end('silent'), ANSWER_MS)
    socket.once('connect', () => socket.write('ping\n'))
    socket.once('data', () => end('answers'))
    socket.once('close', () => end('silent'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? 'gone' : 'silent'))
  })
}

/** What the daemon says of itself. */
const insideOf = async (path: string): Promise<GreylistFacts['inside']> => {
  try {
    const {value} = await askDaemon(controlPath(path), {verb: 'hello'}).next()
    const {trouble, learning, learningUntil} = value as {trouble?: unknown; learning?: unknown; learningUntil?: unknown}
    const until = typeof learningUntil === 'number' && learningUntil > Date.now() && learningUntil < 8.64e15 ? new Date(learningUntil).toISOString() : null
    return {trouble: typeof trouble === 'string' ? terminalSafe(trouble) : null, learningUntil: until, isLearning: learning === true && until === null}
  } catch {
    return null // closed to this user, or ending just now: whether it answers is told apart from this
  }
}

const uncheckedIn = (path: string): GreylistFacts['unchecked'] => {
  const stat = statSync(path, {throwIfNoEntry: false})
  return stat === undefined ? null : {count: stat.size, secondsAgo: Math.max(0, Math.round((Date.now() - stat.mtimeMs) / 1000))}
}

const sqliteLoads = async (): Promise<boolean> => {
  try {
    const {default: Database} = await import('better-sqlite3')
    new Database(':memory:').close()
    return true
  } catch {
    return false // absent, or without its addon: for a user that is the same
  }
}

const providersOf = ({providers, db}: Pick<Settings, 'providers' | 'db'>): GreylistFacts['providers'] => {
  if (!providers) return null
  try {
    const list = loadProviders(db)
    return {date: list.date, days: ageDays(list, Date.now()), isBundled: list.from === 'bundled'}
  } catch {
    return null // closed to this user, or damaged, of which the daemon's log speaks
  }
}

/** @throws OpsError when the settings cannot be read */
export const greylistFacts = async (): Promise<GreylistFacts> => {
  const settings = readSettings(undefined)
  const {socket: {address}, db} = settings
  const socket = 'path' in address ? address.path : db
  const path = filterProgram()
  const form = await formOf(path)
  const daemon = await stateOf(socket)
  return {
    filter: form === null ? null : {path, ...form},
    hasCompiler: compiler() !== null,
    socket,
    daemon,
    inside: daemon === 'answers' ? await insideOf(socket) : null,
    unchecked: uncheckedIn(tallyPath(socket)),
    providers: providersOf(settings),
    hasSqlite: await sqliteLoads(),
  }
}
