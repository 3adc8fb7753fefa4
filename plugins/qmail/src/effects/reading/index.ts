// Everything that reads a queue, for the commands and for the effects that change one.
export {findControl, readRouting} from './control.js'
export {chooseQueue, findQueues, QUEUE_PLACES, type FoundQueues} from './find-queues.js'
export {identityOf, isTrusted, sameMessage, type Identity, type Sameness} from './identity.js'
export {lookUp, pathOf} from './look-up.js'
export {MessageReader, type ReadProblem, type ReadRecipient} from './message-reader.js'
export {statOf, type MessStat} from './mess-stat.js'
export {openQueue, type OpenQueue, type OpenQueueOptions, type QueueOwners} from './open-queue.js'
export {FOREIGN_KEPT, scanNumbers, scanQueue, type Foreign, type ForeignKind, type Scan} from './scan.js'
export {
  selectMessages,
  PREVIEW_FIRST,
  PREVIEW_SENDERS,
  type Preview,
  type PreviewMessage,
  type Selected,
  type SelectOptions,
} from './select.js'
export {Snapshot, type ChosenMessage, type ChosenRecipient} from './snapshot.js'
export {scanFor, visitMessages, visitOne, type One, type Visited, type VisitOptions} from './visit.js'
