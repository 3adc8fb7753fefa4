// Gives mailops undo, recover and history the handlers of everything this plugin changes in bulk.
import type {BulkHandler} from 'mailops/effects'

import {liveHandler} from '../effects/live/handler.js'
import {offlineHandler} from '../effects/purge-offline/index.js'
import {repairHandler} from '../effects/repair/index.js'
import {scheduleHandler} from '../effects/schedule/handler.js'
import {swapHandler} from '../effects/swap/handler.js'
import {trashHandler} from '../effects/trash/empty.js'

/** All handlers, without what only the commands know: they undo and recover. */
const bulk = async (): Promise<readonly BulkHandler[]> => [
  offlineHandler(),
  liveHandler(),
  swapHandler(),
  scheduleHandler(),
  repairHandler(),
  trashHandler(),
]

export default bulk
