// The handlers whose changes have a trash to restore from, and how a part of a trash comes back.
import {OpsError, type BulkChange} from 'mailops/core'
import type {BulkHandler} from 'mailops/effects'

import type {Selection} from '../../selection/selection.js'
import {LIVE} from '../live/live-args.js'
import {OFFLINE, trashGone} from '../purge-offline/index.js'
import {openQueue} from '../reading/index.js'
import {swapArgs, SWAP} from '../swap/swap-args.js'
import {bringBack} from '../trash/bring-back.js'
import {findTrash} from '../trash/index.js'

/** Names of the handlers of purges. */
export const RESTORING: ReadonlySet<string> = new Set([OFFLINE, LIVE, SWAP])

const selectionIn = ({args}: BulkChange): Selection | undefined => args['selection'] as Selection | undefined

/**
 * A swap is undone by swapping the directories back, which knows no single messages. These come back as from any other
 * trash, since the old directories are one.
 */
const partOfSwap = (handler: BulkHandler): BulkHandler => ({
  ...handler,
  undo: async (change, context) => {
    const selection = selectionIn(change)
    if (selection === undefined) return handler.undo(change, context)
    const args = swapArgs(change.args)
    const trash = findTrash(args.queue, args.token)
    if (trash === undefined) throw trashGone(args.queue)
    return bringBack({queue: openQueue(args.queue), trash, selection}, context)
  },
})

/** The handlers with those of purges able to bring back a selection. */
export const ableToSelect = (handlers: readonly BulkHandler[]): BulkHandler[] =>
  handlers.map(handler => (handler.name === SWAP ? partOfSwap(handler) : handler))

/** Refuses (64) a selection where the trash alone does not tell what to take back. */
export const requireSelectable = (handler: string, id: string): void => {
  if (handler !== LIVE) return
  throw new OpsError('WHOLE_ONLY', `${id} marked recipients while qmail-send ran, and can only be taken back as a whole`, {
    exit: 'usage',
    hint: `mailops undo ${id}`,
  })
}
