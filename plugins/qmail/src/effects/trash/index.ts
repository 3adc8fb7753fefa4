// The trash of a queue, as the methods of purging use it.
export {createTrash, queueIdentity, requireOneFileSystem, type NewTrash} from './create.js'
export {findTrash, listTrashes, manifestMessages, MANIFEST, TRASH_DIRECTORY, trashPath, type BrokenTrash, type Trash} from './place.js'
