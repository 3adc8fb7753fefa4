// Gives mailops undo, recover and history the handlers of everything this plugin changes in bulk.
import type {BulkHandler} from 'mailops/effects'

import {copyHandler} from '../effects/migrate/copy-handler.js'

/** All handlers, without what only the commands know: they undo and recover. */
const bulk = async (): Promise<readonly BulkHandler[]> => [copyHandler()]

export default bulk
