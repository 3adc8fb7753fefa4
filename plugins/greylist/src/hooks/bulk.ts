// Gives mailops undo, recover and history the handlers of what this plugin changes in its store.
import type {BulkHandler} from 'mailops/effects'

import {entriesHandler} from '../effects/changes/entries.js'
import {rulesHandler} from '../effects/changes/rules.js'

/** All handlers, without what only the commands know: they undo and recover. */
const bulk = async (): Promise<readonly BulkHandler[]> => [rulesHandler(), entriesHandler()]

export default bulk
