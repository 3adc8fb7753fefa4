// The trash of a queue, as the methods of purging use it.
export {headlessIn, measureTrash, trashAsQueue} from './contents.js'
export {condemnedTrashes, removeTrash, sweepTrashes} from './discard.js'
export {createTrash, queueIdentity, requireOneFileSystem, type NewTrash} from './create.js'
export {findTrash, listTrashes, manifestMessages, MANIFEST, TRASH_DIRECTORY, trashPath, type BrokenTrash, type Trash} from './place.js'
export {moveBack, NUMBER_TAKEN, restoreMessages, restoreOrder, type Restored, type Restoring} from './restore.js'
export {bringBack, type BringBack} from './bring-back.js'
export {restoreLive, type RestoredLive} from './restore-live.js'
export {settlePurge, settleRestore, type Settling} from './settle.js'
