// The bulk handler of an offline purge, as the command, undo and recover use it.
import {OpsError, plural} from 'mailops/core'
import type {BulkHandler} from 'mailops/effects'

import {isEmptySelection, selectionText} from '../../selection/selection.js'
import {openQueue} from '../reading/index.js'
import {bringBack} from '../trash/bring-back.js'
import {findTrash, type Trash} from '../trash/index.js'
import {applyOffline, type OfflineLive} from './apply.js'
import {OFFLINE, offlineArgs, type OfflineArgs} from './args.js'
import {recoverApply, recoverUndo} from './recover.js'

/** The error for an undo whose trash was emptied (64). */
export const trashGone = (queue: string): OpsError =>
  new OpsError('TRASH_GONE', `the trash of this purge is no longer in ${queue}: it was emptied`, {
    exit: 'usage',
    hint: 'mailops qmail trash list',
  })

const trashOf = ({queue, token}: OfflineArgs): Trash => {
  const trash = findTrash(queue, token)
  if (trash === undefined) throw trashGone(queue)
  return trash
}

/**
 * The handler `qmail.purge.offline`.
 * @param live what the command knows; without it the handler can undo and recover, not apply
 */
export const offlineHandler = (live?: OfflineLive): BulkHandler => ({
  name: OFFLINE,
  apply: async (change, context) => {
    if (live === undefined) throw new Error('an offline purge needs the messages that were chosen')
    return applyOffline(offlineArgs(change.args), live, context)
  },
  undo: async (change, context) => {
    const args = offlineArgs(change.args)
    const queue = openQueue(args.queue, {control: args.control})
    return bringBack({queue, trash: trashOf(args), selection: args.selection}, context)
  },
  describeUndo: json => {
    const args = offlineArgs(json)
    const {path, header} = trashOf(args)
    const {selection} = args
    const which = selection === undefined || isEmptySelection(selection) ? '' : ` that match ${selectionText(selection)}`
    return `bring back what is in ${path}${which} (${plural(header.messages, 'message')} were purged)`
  },
  recover: async (change, context) =>
    change.direction === 'apply'
      ? recoverApply(offlineArgs(change.args), context)
      : recoverUndo(offlineArgs(change.args), context),
})
