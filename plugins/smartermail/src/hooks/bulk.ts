// Gives mailops undo, recover and history the handlers of everything this plugin changes in bulk.
import type {BulkHandler} from 'mailops/effects'

/** All handlers, without what only the commands know: they undo and recover. */
const bulk = async (): Promise<readonly BulkHandler[]> => []

export default bulk
