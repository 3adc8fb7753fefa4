// Plans that write an optimised map: into a file of its own, or in the place of the old one.
import {createHash} from 'node:crypto'
import {realpathSync} from 'node:fs'
import {dirname} from 'node:path'

import {type Change, fromSystem, OpsError, type Plan, type Seen} from 'mailops/core'
import {need, readSeen, run} from 'mailops/effects'

import {attributesLike, checkOutput} from '../output-file.js'

/** What is to be written, and for which map. */
export interface WriteRequest {
  /** The map's file; undefined for a table in main.cf itself. */
  readonly source: {readonly path: string; readonly text: string} | undefined
  /** The new table, latin1 text. */
  readonly text: string
  readonly why: string
}

/** A plan for -o FILE. Refuses what checkOutput refuses. */
export const outputPlan = (path: string, request: WriteRequest, {force}: {force: boolean}): Plan => {
  checkOutput(path, {like: undefined, force})
  const before = readSeen(path, {digest: true})
  const like = request.source === undefined ? null : readSeen(realPath(request.source.path))
  return {
    subject: 'postfix optimize-regexp',
    // The directory: the file is not there yet, and in place it becomes another one while the lock is held. Whoever
    // writes beside it waits.
    resource: realPath(dirname(path)),
    changes: [write(path, before, like, request)],
  }
}

/** A plan for --in-place; `reload` is what makes Postfix read the table again. */
export const inPlacePlan = (
  request: WriteRequest & {source: {path: string; text: string}},
  {reload}: {reload: readonly [string, ...string[]] | undefined},
): Plan => {
  // Through a link to the file itself: what main.cf names must go on being there.
  const path = realPath(request.source.path)
  const before = readSeen(path, {digest: true})
  if (before === null || before.sha256 !== digest(request.source.text))
    throw new OpsError('CHANGED', `${path} was changed while it was being optimised`, {exit: 'tryAgain', hint: 'run it again'})
  const change = write(path, before, before, request)
  return {subject: 'postfix optimize-regexp', resource: dirname(path), changes: reload === undefined ? [change] : around(change, reload)}
}

/**
 * Undoing goes backwards, so that what reloads after the undo must be the undo of what comes first. The first step finds
 * out that there is a Postfix to be reloaded before anything is changed.
 */
const around = (change: Change, reload: readonly [string, ...string[]]): Change[] => {
  const status: readonly [string, ...string[]] = [reload[0], ...reload.slice(1, -1), 'status']
  return [
    {kind: 'run', argv: status, undo: reload, why: 'Postfix must run to be reloaded'},
    change,
    {kind: 'run', argv: reload, undo: status, why: 'its daemons read the map again'},
  ]
}

/** NOT_RUNNING (69) unless `postfix status` says that it runs: before a long time is spent on what cannot be done. */
export const needRunning = async ([postfix, ...status]: readonly [string, ...string[]]): Promise<void> => {
  const ended = await run([need(postfix), ...status], {timeoutMs: STATUS_MS, endsWithUs: true})
  if (ended.status === 0) return
  throw new OpsError('NOT_RUNNING', `Postfix does not run (${[postfix, ...status].join(' ')}), so that it cannot be reloaded; nothing was changed`, {
    exit: 'unavailable', hint: 'postfix start, or leave out --reload',
  })
}

const STATUS_MS = 30_000

const write = (path: string, before: Seen | null, like: Seen | null, {text, why}: WriteRequest): Change => {
  const after = Buffer.from(text, 'latin1')
  return {kind: 'write', path, before, after, ...attributesLike(like), why}
}

const digest = (text: string): string => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex')

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch (error) {
    throw fromSystem(error, 'find', path)
  }
}
