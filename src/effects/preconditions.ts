// The look at the disk before a plan is applied: is everything still as it was when the plan was made?
import {OpsError} from '../errors.js'
import type {Change, Plan, Seen} from '../plan.js'
import {readSeen, sameSeen} from './files.js'

const expected = (change: Change): {path: string; before: ReturnType<typeof readSeen>}[] => {
  switch (change.kind) {
    case 'write':
    case 'remove':
    case 'attributes':
      return [{path: change.path, before: change.before}]
    case 'move':
      return [
        {path: change.path, before: change.before},
        {path: change.to, before: null},
      ]
    case 'mkdir':
    case 'link':
      return [{path: change.path, before: null}]
    case 'run':
    case 'bulk':
      return []
  }
}

/**
 * Refuses a plan when what it rests on has changed.
 * @throws OpsError 75 `CHANGED`, naming the first path that differs
 */
export const checkPreconditions = (plan: Plan): void => {
  for (const change of plan.changes) {
    if (change.kind === 'write') refuseNonFile(change.path, change.before)
    for (const {path, before} of expected(change)) {
      const now = readSeen(path, {digest: before?.sha256 !== undefined})
      if (sameSeen(now, before)) continue
      const how = before === null ? 'is there already' : now === null ? 'is gone' : 'changed'
      throw new OpsError('CHANGED', `${path} ${how} since the plan was made; nothing was changed`, {
        exit: 'tryAgain',
        hint: 'run the command again',
      })
    }
  }
}

// Replacing a link would cut it off from what it points at, writing through it would change a file nobody named.
const refuseNonFile = (path: string, before: Seen | null): void => {
  if (before === null || before.type === 'file') return
  throw new OpsError('NOT_A_FILE', `${path} is a ${before.type}, not a file; nothing was changed`, {
    exit: 'badData',
    ...(before.type === 'symlink' && {hint: 'name the file that it points at'}),
  })
}

/** Two changes of one path would have to be checked against each other's outcome: a plan names a path once. */
export const checkPlan = (plan: Plan): void => {
  const paths = plan.changes.flatMap(change => ('path' in change ? [change.path] : []))
  const seen = new Set<string>()
  const twice = paths.find(path => seen.size === seen.add(path).size)
  if (twice !== undefined) throw new Error(`plan ${plan.subject} changes ${twice} twice`)
}
