// The bulk change exim.thaw. Messages come and go while it works: one that is gone meanwhile is nobody's fault.
import {OpsError, plural, type JsonObject} from 'mailops/core'
import {noted, type Argv, type BulkContext, type BulkHandler, type BulkResult} from 'mailops/effects'

import {parseQueueList} from '../../frozen/queue-list.js'
import {THAW, thawArgs, type ThawArgs} from '../../frozen/thaw-change.js'
import {eximOf, type EximProgram} from '../domain/exim-program.js'
import {listQueue} from './queue.js'

/** Ids on one command line: with -M they are delivered one after the other, so few of them, that ^C is soon obeyed. */
const THAWED_AT_ONCE = 200
const DELIVERED_AT_ONCE = 10
const CALL_MS = 30 * 60_000

/** The handler of thaws. */
export const thawHandler = (): BulkHandler => ({
  name: THAW,
  apply: (change, context) => thaw(thawArgs(change.args), context),
  undo: (change, context) => freezeAgain(thawArgs(change.args), context),
  describeUndo,
  // Thawed messages are legal whatever happens next; what was not thawed yet stays frozen, and the command can be run again.
  recover: async (change, context) => (change.direction === 'apply' && context.notes.length === 0 ? 'undone' : 'done'),
})

const programOf = ({argv}: ThawArgs): EximProgram => eximOf(argv as Argv)

/** Its status is 1 for a message that is gone: what counts is the queue afterwards. Recovery waits for one that outlives us. */
const call =
  (exim: EximProgram, option: string, context: BulkContext) =>
  async (ids: readonly string[]): Promise<void> => {
    const shown: Argv = [...exim.argv, option, ids[0] ?? '', ...(ids.length > 1 ? [`and ${ids.length - 1} more`] : [])]
    await exim.ask([option, ...ids], noted(shown, CALL_MS, note => context.note(note)))
  }

const inBatches = async (
  ids: readonly string[],
  {size, context, doing}: {size: number; context: BulkContext; doing: (some: readonly string[]) => Promise<void>},
): Promise<number> => {
  let done = 0
  while (done < ids.length && !context.signal.aborted) {
    const some = ids.slice(done, done + size)
    await doing(some)
    done += some.length
    context.progress(done, ids.length)
  }
  return done
}

const thaw = async (args: ThawArgs, context: BulkContext): Promise<BulkResult> => {
  const exim = programOf(args)
  const {ids} = args
  context.note({step: 'begun'})
  const thawed = await inBatches(ids, {size: THAWED_AT_ONCE, context, doing: call(exim, '-Mt', context)})
  const delivered = args.deliver
    ? await inBatches(ids.slice(0, thawed), {size: DELIVERED_AT_ONCE, context, doing: call(exim, '-M', context)})
    : 0
  const left = new Set(
    parseQueueList(await listQueue(exim))
      .filter(({isFrozen}) => isFrozen)
      .map(({id}) => id),
  )
  const stillFrozen = ids.filter(id => left.has(id))
  const complete = thawed === ids.length && (!args.deliver || delivered === ids.length)
  return {
    result: {thawed: ids.length - stillFrozen.length, tried: delivered, stillFrozen, interrupted: !complete},
    complete,
  }
}

const describeUndo = (raw: JsonObject): string => {
  const {ids, deliver} = thawArgs(raw)
  if (deliver)
    throw new OpsError('NOT_UNDOABLE', 'what was delivered cannot be called back', {
      exit: 'usage',
      hint: 'mailops history',
    })
  return `freeze ${plural(ids.length, 'message')} again, those that are still in the queue`
}

const freezeAgain = async (args: ThawArgs, context: BulkContext): Promise<BulkResult> => {
  const exim = programOf(args)
  const here = new Set(
    parseQueueList(await listQueue(exim))
      .filter(({isFrozen}) => !isFrozen)
      .map(({id}) => id),
  )
  const ids = args.ids.filter(id => here.has(id))
  const done = await inBatches(ids, {
    size: THAWED_AT_ONCE,
    context,
    doing: call(exim, '-Mf', context),
  })
  return {result: {frozen: done, gone: args.ids.length - ids.length}, complete: done === ids.length}
}
