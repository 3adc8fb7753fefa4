// Gives mailops undo, recover and history the handlers of what this plugin changes in bulk.
import type {BulkHandler} from 'mailops/effects'

import {thawHandler} from '../effects/frozen/handler.js'
import {renewalHandler} from '../effects/serviceauth/handler.js'

/** All handlers. */
const bulk = async (): Promise<readonly BulkHandler[]> => [renewalHandler(), thawHandler()]

export default bulk
