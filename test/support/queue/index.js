// Builds qmail queues for tests, benchmarks and the demo: real format, real inode names, no qmail needed
// @ts-check
export {damage, faultNames} from './damage.js'
export {fillQueue, usualShape} from './fill.js'
export {createQueue, pathOf, splitDirectories} from './layout.js'
export {addMessage, releaseNumbers} from './message.js'
export {addMailing, addStrangers, brokenRecords, oddAddresses, oddSubjects} from './odd.js'
export {randomFrom} from './random.js'
export {bounceText, channelBytes, envelopeBytes, infoBytes} from './records.js'
export {differences, snapshotTree} from './snapshot.js'
export {illegalStates, legalStates, partsOf} from './states.js'
export {qmailDate} from './text.js'

/** @typedef {import('./layout.js').Queue} Queue */
/** @typedef {import('./layout.js').QueueOptions} QueueOptions */
/** @typedef {import('./layout.js').Owners} Owners */
/** @typedef {import('./message.js').MessageSpec} MessageSpec */
/** @typedef {import('./records.js').Recipient} Recipient */
/** @typedef {import('./states.js').State} State */
/** @typedef {import('./states.js').Part} Part */
/** @typedef {import('./snapshot.js').Tree} Tree */
/** @typedef {import('./fill.js').Shape} Shape */
/** @typedef {import('./fill.js').Filled} Filled */
/** @typedef {import('./damage.js').Fault} Fault */
