// A worker thread that reads one half of an XML text with xml2js. What it does not accept ends the thread: see prove-patch.ts.
import {parentPort} from 'node:worker_threads'

import type {Half} from '../../xml/halves.js'
import {rereadXml} from '../../xml/reread.js'
import {sentReading} from './sent-reading.js'

parentPort!.on('message', ({text, keep}: Half) => {
  const sent = sentReading(rereadXml(text, keep))
  parentPort!.postMessage(sent, [sent.prints.buffer])
})
